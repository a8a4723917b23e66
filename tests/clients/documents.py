"""Validates every document and event that livevod prints against the JSON Schemas that it publishes for them.

    documents.py BINARY SCHEMAS PAGE

The schemas let readers take what a later version adds. So each output is held to a stricter form too, in which whatever is not
named is an error; and each key of it, renamed or left out, must be found. The examples of PAGE are held to them likewise.
"""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from jsonschema import Draft202012Validator

NAMES = [
    "audit", "diagnostics", "drift", "events", "journal", "leases", "notification", "plan", "report", "sessions", "sessions-file", "snapshot",
]

# Optional keys. Everything else is in every document of its kind. The parts of an address are left out together with it.
OPTIONAL = set(
    "address app client column diagnostic domain file left_open line m3u8 request_id selected since_base since_review stream tier unknown".split()
    # Of a drift, with `--only-new` alone.
    + ["since_last_check"]
    # Of a plan, while another run holds its domains.
    + ["leases"]
    # A format has the settings that the service returned.
    + "process slice_duration tags video".split()
)

# The keys of these objects are names of users or of the service, not of a format.
FREE = {"domains", "regions", "unknown"}

BUCKET = "storage_location: %s.oss-cn-shanghai.aliyuncs.com"
FIRST = """\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
protect: [live.example.com/show/kept]
domains:
  live.example.com:
    region: cn-shanghai
    apps: { show: { streams: { changed: {}, gone: {}, kept: {}, moved: { %s }, "*": {} } } }
""" % (BUCKET % "one")
SECOND = """\
version: 1
transcode_groups: { odd: not-a-group }
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
tiers: { short: { cycle_duration: 15m } }
ignore: [live.example.com/test, live.example.com/no-such-*]
protect: [live.example.com/show/kept]
domains:
  live.example.com:
    region: cn-shanghai
    prune: true
    apps:
      show:
        streams:
          changed: { tier: short, auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE }
          bad: { vod_transcode_group: odd }
          new: {}
          moved: { %s }
          contradictory: {}
""" % (BUCKET % "two")
ONE = """\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } } }
"""
WRONG = "version: 1\ntiers: { 高级 😀: { cycle_duraton: 1 }, a: { cycle_duration: 1 } }\ntiers: {}\n"
# Other contents of the service: a configuration that can't be managed, and one with fields that no file manages.
HELD = {
    "DomainName": "live.example.com", "CreateTime": "2026-01-02T03:04:05Z", "CycleDuration": 900, "AutoCompose": "OFF",
    "OnDemand": 0,
}
# Its flag says that it has formats, but it lists none.
CONTRADICTORY = {"FormatConfig": True}
BY_FORMAT = {"FormatConfig": True, "RecordFormatList": {"RecordFormat": [{"Format": "m3u8", "Tags": "theirs"}]}}
CLASSIC = {"FormatConfig": False, "VodTranscodeGroupId": "VOD_NO_TRANSCODE", "DelayTime": 60}
STATE = [
    {**HELD, **CONTRADICTORY, "AppName": "show", "StreamName": "contradictory"},
    {**HELD, **BY_FORMAT, "AppName": "test", "StreamName": "formats"},
    {**HELD, **CLASSIC, "AppName": "test", "StreamName": "ours"},
]
LIMITS = ["--max-delete", "100%", "--max-change", "100%", "--settle", "1ms"]
RELEASE = [*LIMITS, "--allow-recording-gap", "--allow-recording-stop", "--allow-app-wide"]


def strict(schema, is_part=False):
    """The same schema, in which unnamed keys are errors; for a part of another object, the whole object checks that."""
    if isinstance(schema, list):
        return [strict(one, is_part) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            made[key] = {name: strict(one) for name, one in value.items()}
        elif key in ("oneOf", "anyOf", "allOf"):
            made[key] = strict(value, "properties" in schema)
        elif key in ("items", "additionalProperties"):
            made[key] = strict(value)
        else:
            made[key] = value
    if "properties" in made and not is_part:
        made["unevaluatedProperties"] = False
    return made


def strict_root(schema):
    made = strict(schema)
    # A schema that a kind of event refers to is a part of the line.
    for kind in schema.get("oneOf", []):
        if "$ref" in kind:
            made["$defs"][kind["$ref"].rpartition("/")[2]].pop("unevaluatedProperties", None)
    return made


def keys(node, path=()):
    """The place of every key, as the path to its object and the key."""
    if isinstance(node, list):
        for at, one in enumerate(node):
            yield from keys(one, (*path, at))
    elif isinstance(node, dict):
        for key, one in node.items():
            if not FREE.intersection(path[-1:]):
                yield path, key
            if key != "unknown":
                yield from keys(one, (*path, key))


def at(node, path):
    for part in path:
        node = node[part]
    return node


class Judge:
    """Validates documents, and counts the keys that were seen."""

    def __init__(self, schemas):
        self.failures, self.seen, self.words = [], {name: 0 for name in NAMES}, {}
        self.plain, self.strict, self.tried = {}, {}, set()
        for name in NAMES:
            schema = json.loads((schemas / f"{name}.schema.json").read_text())
            Draft202012Validator.check_schema(schema)
            self.plain[name], self.strict[name] = Draft202012Validator(schema), Draft202012Validator(strict_root(schema))
        # The page shows one difference of a drift alone.
        drift = json.loads((schemas / "drift.schema.json").read_text())
        part = {"$ref": "#/$defs/DriftDifference", "$defs": drift["$defs"]}
        self.seen["difference"] = 0
        self.plain["difference"], self.strict["difference"] = Draft202012Validator(part), Draft202012Validator(strict(part))

    def judge(self, name, document, what):
        self.seen[name] += 1
        for kind, validators in (("", self.plain), (" named in", self.strict)):
            for error in list(validators[name].iter_errors(document))[:3]:
                self.failures.append(f"{what} is not{kind} {name}: {error.json_path}: {error.message[:200]}")
        for path, key in keys(document):
            value = at(document, path)[key]
            if key in WANTED and isinstance(value, (str, int)):
                self.words.setdefault(key, set()).add(value)
            self.mutate(name, document, path, key, what)

    def mutate(self, name, document, path, key, what):
        """One key at each place, once: the strict schema finds it if it is renamed, the plain one if it is missing."""
        kind = document.get("type", "") if name == "events" else ""
        place = (name, kind, re.sub(r"\b\d+\b", "N", "/".join(map(str, path))), key)
        if place in self.tried:
            return
        self.tried.add(place)
        mutant = copy.deepcopy(document)
        holder = at(mutant, path)
        value = holder.pop(key)
        if key not in OPTIONAL and self.plain[name].is_valid(mutant):
            self.failures.append(f"{what}: {place} may be missing")
        holder[f"{key}x"] = value
        if self.strict[name].is_valid(mutant):
            self.failures.append(f"{what}: {place} may have another name")


class World:
    """A folder in which livevod runs."""

    def __init__(self, binary, folder, judge):
        self.binary, self.folder, self.judge = binary, folder, judge
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator",
        }

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, name, code, *arguments, events=True):
        """Runs livevod, and checks the document and the events of the run."""
        words = [self.binary, *map(str, arguments), "--format", "json"]
        if events:
            words += ["--json-into", "events.ndjson"]
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        what = " ".join(map(str, arguments))
        if done.returncode != code:
            self.judge.failures.append(f"{what}: exit {done.returncode}, not {code}: {done.stderr[:500]}")
        document = json.loads(done.stdout)
        self.judge.judge(name, document, what)
        if events:
            for line in (self.folder / "events.ndjson").read_text().splitlines():
                self.judge.judge("events", json.loads(line), f"{what}: {line[:60]}")
        return document

    @contextmanager
    def server(self, *arguments):
        command = [self.binary, "emulator", "--listen", "127.0.0.1:0", *arguments]
        server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        try:
            yield ["--endpoint", server.stdout.readline().split()[-1]]
        finally:
            server.kill()
            server.wait()


def findings(world):
    world.run("diagnostics", 1, "validate", events=False)
    world.write("livevod.yaml", WRONG)
    world.run("diagnostics", 1, "validate", events=False)
    world.run("diagnostics", 1, "plan", "--emulator")
    world.write("livevod.yaml", ONE)
    world.run("diagnostics", 0, "validate", events=False)


def every_action(world):
    """From one set of files to another: every action, guards, unmanaged configurations, and every outcome except unknown."""
    world.write("livevod.yaml", FIRST)
    world.write("state.json", json.dumps({"format_version": "1.0", "configs": STATE}))
    world.write("base/livevod.yaml", FIRST)
    with world.server("--load", "state.json") as endpoint:
        account = [*endpoint, "--account", "1234567890123456"]
        world.run("plan", 0, "plan", *account)
        world.run("report", 0, "apply", *account, "--auto-approve")
        # The contradictory one applies instead of the declared `show/*`.
        world.run("drift", 2, "drift", *account)
        world.write("livevod.yaml", SECOND)
        world.run("plan", 3, "plan", *account, "--detailed-exitcode", "--base", "base", "--out", "plan")
        world.run("plan", 0, "show", "plan", events=False)
        world.run("drift", 2, "drift", *account, "--unmanaged")
        world.run("drift", 2, "drift", *account, "--only-new", "last.json")
        world.run("drift", 0, "drift", *account, "--only-new", "last.json")
        world.run("plan", 3, "apply", *account, "--auto-approve")
        snapshot(world, account)
        world.write("livevod.yaml", SECOND.replace("protect: [live.example.com/show/kept]\n", ""))
        world.run("report", 4, "apply", *account, "--auto-approve", *RELEASE)
        world.run("plan", 3, "apply", "plan", *account, "--auto-approve", *RELEASE)
        world.run("plan", 3, "restore", "last", *account, "--auto-approve")
        journals(world)


def snapshot(world, account):
    subprocess.run(
        [world.binary, "snapshot", *account, "--out", "snapshot.json"],
        cwd=world.folder, env=world.environment, check=True, capture_output=True,
    )
    world.judge.judge("snapshot", json.loads((world.folder / "snapshot.json").read_text()), "snapshot")
    world.run("plan", 0, "plan", "--against", "snapshot.json")
    world.run("plan", 0, "restore", "snapshot.json", *account, "--auto-approve")


def journals(world):
    """The runs, the last one with every outcome, and what could be removed."""
    world.run("journal", 0, "journal", events=False)
    run = world.run("journal", 0, "journal", "last", events=False)
    released = {one["guard"] for one in run["run"]["released"]}
    if not {"limits", "recording-gap"} <= released:
        world.judge.failures.append(f"the journal does not tell what was released: {released}")
    world.run("journal", 0, "journal", "prune", "--keep", "2099-01-01", "--dry-run", events=False)
    world.write(".livevod/journal/broken.jsonl", "{}\n")
    world.run("journal", 0, "journal", events=False)
    world.run("journal", 0, "journal", "prune", "--keep", "2099-01-01", events=False)
    (world.folder / ".livevod/journal/broken.jsonl").unlink()


def what_moved(world):
    """A plan that was reviewed, and a service that has changed since; a value that falls back to its default."""
    with world.server() as endpoint:
        account = [*endpoint, "--account", "1234567890123456"]
        for cycle, arguments in (("15m", ["--auto-approve"]), ("30m", ["--auto-approve", "--max-change", "2"])):
            if cycle == "30m":
                world.write("livevod.yaml", ONE)
                world.run("plan", 3, "plan", *account, "--detailed-exitcode", "--max-writes", "1", "--out", "plan")
            world.write("livevod.yaml", ONE.replace("TRANSCODE }", f"TRANSCODE, cycle_duration: {cycle} }}"))
            world.run("report", 0, "apply", *account, *arguments)
        world.run("plan", 3, "apply", "plan", *account, "--auto-approve")


def what_goes_wrong(world):
    """Unknown outcomes, what is reported about them later, waits, and entries that can't be read."""
    world.write("livevod.yaml", ONE)
    short = ["--account", "1234567890123456", "--timeout", "1s", "--settle", "2s", "--auto-approve"]
    with world.server("--fault", "drop-before-commit:action=Add,times=1") as endpoint:
        world.run("report", 5, "apply", *endpoint, *short)
        others = ["--exclude", "live.example.com/show/cam2"]
        world.run("plan", 0, "plan", *endpoint, "--account", "1234567890123456", *others)
        world.run("report", 0, "apply", *endpoint, *short)
        if not world.run("journal", 0, "journal", "last", events=False)["resolved"]:
            world.judge.failures.append("the journal does not tell what became of the earlier run")
    faults = ["--fault", "throttle:action=Add,times=1", "--fault", "late-commit:action=Add,nth=2,time=1500ms"]
    with world.server(*faults) as endpoint:
        world.run("report", 0, "apply", *endpoint, "--account", "1234567890123456", "--settle", "3s", "--auto-approve")
    with world.server("--domain", "other.example.com") as endpoint:
        world.run("plan", 1, "plan", *endpoint)
        world.run("drift", 1, "drift", *endpoint)


@contextmanager
def receiver():
    """A program that is notified; yields its URL and what it is sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", sent
    finally:
        server.shutdown()


def who_holds_what(world):
    """A lease that is held, one that was ended, and the lock of a folder."""
    world.write("livevod.yaml", 'account: "1234567890123456"\n' + ONE)
    with world.server("--bucket", "demo", "--fault", "drop-before-commit:action=Add") as (_, address):
        world.environment |= {"LIVEVOD_STORE": "oss://demo/livevod", "LIVEVOD_STORE_ENDPOINT": address}
        world.run("leases", 0, "lease", events=False)
        command = [world.binary, "apply", "--endpoint", address, "--auto-approve"]
        with subprocess.Popen(command, cwd=world.folder, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            while not (held := world.run("leases", 0, "lease", events=False)["leases"]):
                time.sleep(0.1)
            if not world.run("plan", 0, "plan", "--endpoint", address, events=False).get("leases"):
                world.judge.failures.append("the plan does not say who holds its domain")
            released = world.run("leases", 0, "lease", "release", held[0]["token"], events=False)
            if not released["released"] or [one["until"] for one in released["leases"]] != [None]:
                world.judge.failures.append(f"the lease was not ended: {released}")
            world.run("diagnostics", 1, "lease", "release", "live.example.com:9999", events=False)
            running.kill()
    world.environment["LIVEVOD_STORE"] = ""
    world.run("leases", 0, "lease", events=False)


def notifications(world):
    """Every outcome of a check."""
    with receiver() as (url, sent):
        world.environment["LIVEVOD_NOTIFY_JSON_URL"] = url
        told = ["--notify", "json", "--notify-link", "https://ci.example.com/1"]
        world.write("livevod.yaml", ONE.replace("cam1: {}", "cam1: { cycle_duration: 30m }"))
        world.write("state.json", json.dumps({"format_version": "1.0", "configs": [
            {**HELD, **CLASSIC, "AppName": "show", "StreamName": "cam1"},
            {**HELD, **CONTRADICTORY, "AppName": "show", "StreamName": "cam2"},
        ]}))
        with world.server("--load", "state.json") as endpoint:
            world.run("drift", 2, "drift", *endpoint, *told)
        with world.server("--domain", "other.example.com") as endpoint:
            world.run("drift", 1, "drift", *endpoint, *told, "--title", "night")
            world.write("livevod.yaml", WRONG)
            world.run("diagnostics", 1, "drift", *endpoint, *told, "--title", "night")
        world.write("livevod.yaml", ONE)
        world.run("report", 0, "apply", "--emulator", "--auto-approve")
        world.run("drift", 0, "drift", "--emulator", *told, "--title", "night")
        for document in sent:
            world.judge.judge("notification", document, f"the notification of {document['outcome']}")
        if (outcomes := [document["outcome"] for document in sent]) != ["drift", "incomplete", "failed", "clean"]:
            world.judge.failures.append(f"notifications of {outcomes}")


def what_aired(world):
    """Sessions with every verdict that a clock can tell, as documents, as files, and told to a receiver."""
    now = time.time()
    stamp = lambda ago: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600 * ago))
    named = {"DomainName": "live.example.com", "AppName": "show"}
    config = {**named, "CreateTime": stamp(200), "CycleDuration": 3600, "VodTranscodeGroupId": "VOD_NO_TRANSCODE"}
    session = {**named, "PublishDomain": "push.example.com", "PublishTime": stamp(30), "StopTime": stamp(28)}
    world.write("state.json", json.dumps({
        "format_version": "1.0",
        "configs": [{**config, "StreamName": name} for name in ("cam1", "cam2")],
        "sessions": [
            {**session, "StreamName": "cam1"},
            # It differs from a declared name only in case.
            {**session, "StreamName": "Cam2"},
            {**session, "StreamName": "guest"},
            {**session, "StreamName": "cam2", "PublishTime": stamp(0.2), "StopTime": None},
            # It may have begun before the period.
            {**session, "StreamName": "Cam1", "PublishTime": stamp(100), "StopTime": stamp(60)},
        ],
    }))
    world.write("livevod.yaml", ONE)
    with receiver() as (url, sent), world.server("--load", "state.json") as endpoint:
        world.environment["LIVEVOD_NOTIFY_JSON_URL"] = url
        asked = [*endpoint, "--since", "4d"]
        audit = world.run("audit", 2, "audit", *asked, "--notify", "json", "--out", "night.json", events=False)
        world.run("audit", 0, "show", "night.json", events=False)
        world.run("sessions", 0, "sessions", *asked, "--clients", "--out", "sessions.json", events=False)
        world.judge.judge("sessions-file", json.loads((world.folder / "sessions.json").read_text()), "sessions --out")
        world.run("audit", 2, "audit", *endpoint, "--sessions", "sessions.json", events=False)
        world.run("audit", 0, "audit", *asked, "--pending", events=False)
        (told,) = sent
        world.judge.judge("notification", told, "the notification of an audit")
        if told["outcome"] != "not_recorded" or told["not_recorded_total"] != audit["summary"]["missing"] + audit["summary"]["unknown"]:
            world.judge.failures.append(f"the notification of an audit: {told}")


def examples(judge, page):
    """The blocks of a page that name the document that they show."""
    blocks = re.findall(r"```json ([\w-]+)\n(.*?)```", page, re.DOTALL)
    for name, text in blocks:
        for document in text.splitlines() if name == "events" else [text]:
            judge.judge(name, json.loads(document), f"the page's {name}")
    if missing := set(NAMES) - {"drift"} - {name for name, _ in blocks}:
        judge.failures.append(f"the page shows no {', '.join(sorted(missing))}")


WANTED = {
    "action": {"create", "update", "replace", "delete"},
    "outcome": {"done", "failed", "not_attempted", "unknown"},
    "write_outcome": {"confirmed", "rejected", "unknown"},
    "guard": {"limits", "recording-gap", "recording-stop", "writes", "stale", "protect"},
    "type": {
        "version", "diagnostic", "left_open", "warning", "planned_change", "guard", "since_review", "plan",
        "drift_difference", "drift",
        "change_summary", "apply_start", "apply_progress", "apply_complete", "apply_errored", "report", "exit",
    },
    "step": {"again", "unanswered", "not_shown"},
    "code": {0, 1, 2, 3, 4, 5},
    "verdict": {"missing", "unknown", "pending", "recorded", "not_wanted"},
}


def main():
    binary, judge = str(Path(sys.argv[1]).resolve()), Judge(Path(sys.argv[2]).resolve())
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    for play in (findings, every_action, what_moved, what_goes_wrong, who_holds_what, notifications, what_aired):
        with tempfile.TemporaryDirectory() as folder:
            play(World(binary, Path(folder), judge))
    examples(judge, Path(sys.argv[3]).read_text())
    for key, wanted in WANTED.items():
        if missing := wanted - judge.words.get(key, set()):
            judge.failures.append(f"no output has these as `{key}`: {', '.join(map(str, sorted(missing)))}")
    counts = ", ".join(f"{count} {name}" for name, count in judge.seen.items())
    print(f"judged {counts}; {len(judge.tried)} keys were renamed and left out")
    for failure in judge.failures:
        print(f"FAILED  {failure}")
    sys.exit(bool(judge.failures))


if __name__ == "__main__":
    main()
