"""Checks livevod with programs that its authors did not write: the vendor's SDKs and a JSON Schema validator.

    check.py BINARY

1. Each SDK adds, lists, changes and deletes on one `livevod emulator`, awkward texts among the values, and gets its own
   typed exceptions.
2. `livevod plan` and `apply` with both signatures work on what the SDKs left there, and the SDKs read what livevod wrote.
3. Each SDK asks STS, VOD, ActionTrail and Live what livevod asks them, and takes roles and temporary keys.
4. The SDK of each generation of the API gets on with the emulator of its generation, which is strict.
5. Every example is valid by the published schema.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from awkward import check_awkward
from generations import check_2025, check_2026
from sdks import SDKS, Key, Pop, Refusal
from services import ARGUMENTS, check_credentials_uri, check_services

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "schema" / "livevod.schema.json"
KEY = Key("emulator", "emulator")
ACCOUNT, PRODUCTION = "1234567890123456", "6543210987654321"
READY = "livevod emulator listening on http://127.0.0.1:"
GROUP = "e2d796d3bb5fd8049d32bff62f94e4c1"
ARCHIVE = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"


class Tally:
    """Counts passed and failed checks, and prints a line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, seen, wanted):
        if seen == wanted:
            self.passed += 1
            print(f"ok      {name}")
        else:
            self.failed += 1
            print(f"FAILED  {name}\n        wanted {wanted!r}\n        seen   {seen!r}")

    def refused(self, name, call, code, status):
        """`call` must raise the SDK's exception with this code and HTTP status, and with a request id."""
        try:
            seen = call()
        except Refusal as refusal:
            seen = (refusal.code, refusal.status, bool(refusal.request_id))
        self.check(name, seen, (code, status, True))


@contextmanager
def emulator(binary, data, *arguments):
    """The port of a `livevod emulator`, which is stopped at the end of the block."""
    command = [binary, "emulator", "--listen", "127.0.0.1:0", "--data", str(data), *arguments]
    server = subprocess.Popen(command, cwd=data.parent, stdout=subprocess.PIPE, text=True)
    try:
        ready = server.stdout.readline().strip()
        if not ready.startswith(READY):
            sys.exit(f"the emulator did not become ready: {ready!r}")
        yield int(ready.removeprefix(READY))
    finally:
        server.terminate()
        server.wait(timeout=10)


def items(page):
    return page["LiveRecordVodConfigs"]["LiveRecordVodConfig"]


def listed(sdk, domain, **page):
    """Every item of a domain by (app, stream), and the sizes of its pages."""
    found, sizes = {}, []
    while not sizes or sizes[-1] == page.get("PageSize", 10):
        held = items(sdk.page(DomainName=domain, PageNum=len(sizes) + 1, **page))
        found |= {(item["AppName"], item["StreamName"]): item for item in held}
        sizes.append(len(held))
    return found, sizes


def check_sdk(tally, name, make, port):
    """Every call of one SDK on its own domain. It leaves `show/*`, `show/main` and `*/*` there."""
    sdk, domain = make(port, KEY), f"{name.replace(' ', '-')}.example.com"

    def at(app, stream, **settings):
        return {"DomainName": domain, "AppName": app, "StreamName": stream, **settings}

    check_writes(tally, name, sdk, domain, at)
    check_pages(tally, name, sdk, domain, at)
    check_refusals(tally, name, sdk, make, port, at)
    check_awkward(tally, name, sdk)


def check_writes(tally, name, sdk, domain, at):
    tally.check(f"{name}: a new domain is empty", listed(sdk, domain), ({}, [0]))
    compose = {"AutoCompose": "ON", "ComposeVodTranscodeGroupId": ARCHIVE}
    added = sdk.add(**at("show", "main", VodTranscodeGroupId=GROUP, CycleDuration=900, **compose))
    tally.check(f"{name}: add answers with a request id", list(added), ["RequestId"])
    sdk.add(**at("show", "*", VodTranscodeGroupId=GROUP))
    sdk.add(**at("*", "*", VodTranscodeGroupId="VOD_NO_TRANSCODE", CycleDuration=21600))
    sdk.add(**at("show", "doomed", VodTranscodeGroupId=GROUP))
    sdk.update(**at("show", "main", VodTranscodeGroupId=GROUP, CycleDuration=1800, **compose))
    sdk.delete(**at("show", "doomed"))
    found, _ = listed(sdk, domain)
    tally.check(f"{name}: three are left", sorted(found), [("*", "*"), ("show", "*"), ("show", "main")])
    main = {"VodTranscodeGroupId": GROUP, "CycleDuration": 1800, "OnDemand": 0, **compose}
    seen = found.get(("show", "main"), {})
    tally.check(f"{name}: the update shows", {key: seen.get(key) for key in main}, main)
    every = found.get(("show", "*"), {})
    tally.check(f"{name}: defaults are filled in", (every.get("CycleDuration"), every.get("AutoCompose")), (3600, "OFF"))


def check_pages(tally, name, sdk, domain, at):
    streams = [f"cam-{number:02}" for number in range(22)]
    for stream in streams:
        sdk.add(**at("wall", stream, VodTranscodeGroupId=GROUP))
    by_default, sizes = listed(sdk, domain)
    tally.check(f"{name}: pages of ten by default", (len(by_default), sizes), (25, [10, 10, 5]))
    whole, sizes = listed(sdk, domain, PageSize=100)
    tally.check(f"{name}: one page of a hundred holds the same", (sorted(whole), sizes), (sorted(by_default), [25]))
    tally.check(f"{name}: the total is text or number", str(sdk.page(DomainName=domain)["Total"]), "25")
    one = items(sdk.page(**at("wall", "cam-07")))
    tally.check(f"{name}: a filter finds one", [item["StreamName"] for item in one], ["cam-07"])
    for stream in streams:
        sdk.delete(**at("wall", stream))
    tally.check(f"{name}: deletes show at once", len(listed(sdk, domain)[0]), 3)


def check_refusals(tally, name, sdk, make, port, at):
    both = "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed"
    good = {"VodTranscodeGroupId": GROUP}
    for case, parameters, code, status in [
        ("a second add", at("show", "main", **good), "ConfigAlreadyExists", 400),
        ("an unknown group", at("a", "b", VodTranscodeGroupId="no-such-group"), "InvalidTemplateGroupId.NotFound", 404),
        ("auto compose without a group", at("a", "b", AutoCompose="ON", **good), both, 400),
        ("auto compose neither on nor off", at("a", "b", AutoCompose="MAYBE", **good), "InvalidAutoCompose.Malformed", 400),
    ]:
        tally.refused(f"{name}: {case} is refused", lambda: sdk.add(**parameters), code, status)
    domain = at("", "")["DomainName"]
    stranger, forger = make(port, Key("nobody", KEY.secret)), make(port, Key(KEY.id, "wrong"))
    tally.refused(f"{name}: an unknown key is refused", lambda: stranger.page(DomainName=domain), "InvalidAccessKeyId.NotFound", 404)
    # sdk-core renames the error if the string to sign in the server's message equals its own: then only the secret can be wrong.
    mismatch = "InvalidAccessKeySecret" if name.startswith("sdk-core") else "SignatureDoesNotMatch"
    tally.refused(f"{name}: a wrong secret is refused", lambda: forger.page(DomainName=domain), mismatch, 400)


# What the SDKs left on one domain, as YAML; `%s` is the domain and the length of `main`'s files.
LEFT = """
version: 1
domains:
  %s:
    defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
    apps:
      "*": { streams: { "*": { vod_transcode_group: VOD_NO_TRANSCODE, cycle_duration: 6h } } }
      show:
        streams:
          "*": {}
          main:
            auto_compose: on
            compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa
            cycle_duration: %s
"""


class Livevod:
    """The binary over HTTP, with only PATH from the caller's environment."""

    def __init__(self, binary, port, folder):
        self.binary, self.folder = binary, folder
        self.endpoint = ["--endpoint", f"http://127.0.0.1:{port}"]
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY.id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY.secret,
        }

    def run(self, command, signature, *rest):
        """Exit code and standard output; standard error is shown unchanged."""
        words = [self.binary, command, *self.endpoint, "--signature", signature, *map(str, rest)]
        done = subprocess.run(words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def plan(self, signature, *paths):
        """Exit code and the counts of the plan, or the text if it is not JSON."""
        code, text = self.run("plan", signature, "--format", "json", "--detailed-exitcode", *paths)
        try:
            summary = json.loads(text)["summary"]
        except ValueError:
            return code, text
        return code, {action: summary[action] for action in ("create", "update", "replace", "delete", "unchanged")}


def counts(unchanged, create=0, update=0):
    return {"create": create, "update": update, "replace": 0, "delete": 0, "unchanged": unchanged}


def check_livevod(tally, livevod, sdk_of):
    """livevod manages what each SDK left, changes it with one signature and reads it with the other."""
    file = livevod.folder / "livevod.yaml"
    for name, sdk in sdk_of.items():
        domain = f"{name.replace(' ', '-')}.example.com"
        for signature, other, seconds in [("v1", "v3", 1200), ("v3", "v1", 2400)]:
            way = f"livevod {signature} after {name}"
            file.write_text(LEFT % (domain, seconds))
            tally.check(f"{way}: one update is planned", livevod.plan(signature, file), (2, counts(2, update=1)))
            code, _ = livevod.run("apply", signature, "--auto-approve", "--account", ACCOUNT, file)
            tally.check(f"{way}: it is applied", code, 0)
            tally.check(f"{way}: no changes are left by {other}", livevod.plan(other, file), (0, counts(3)))
            seen = items(sdk.page(DomainName=domain, AppName="show", StreamName="main"))
            tally.check(f"{way}: the SDK sees it", [item["CycleDuration"] for item in seen], [seconds])


def check_generations(tally, binary, folder):
    """The SDK of each generation on a strict server of its generation."""
    with emulator(binary, folder / "2026.log", "--strict") as port:
        livevod = Livevod(binary, port, folder)

        def is_empty(text):
            file = folder / "generations.yaml"
            file.write_text(text)
            code, shown = livevod.run("plan", "v3", "--detailed-exitcode", file)
            return code == 0 and "No changes." in shown or shown

        check_2026(tally, port, is_empty)
    with emulator(binary, folder / "2025.log", "--api", "2025", "--strict") as port:
        check_2025(tally, port)


def examples():
    """By name: the account of each example, and its arguments after `plan`."""
    staging = ROOT / "examples" / "staging-production"
    return {
        "quickstart": (ACCOUNT, [ROOT / "examples" / "quickstart"]),
        "platform": (ACCOUNT, [ROOT / "examples" / "platform"]),
        "by-format": (ACCOUNT, [ROOT / "examples" / "by-format"]),
        "staging": (ACCOUNT, [staging / "common.yaml", staging / "staging.yaml"]),
        "production": (PRODUCTION, [staging / "common.yaml", staging / "production.yaml"]),
    }


def check_examples(tally, binary, folder):
    """Each signature applies every example to its own empty account, then finds nothing to do; another account is refused."""
    for signature in ("v1", "v3"):
        for name, (account, paths) in examples().items():
            with emulator(binary, folder / f"{name}-{signature}.log", "--account", account) as port:
                livevod = Livevod(binary, port, folder)
                code, _ = livevod.run("apply", signature, "--auto-approve", *paths)
                tally.check(f"example {name} {signature}: it is applied", code, 0)
                code, text = livevod.run("plan", signature, "--detailed-exitcode", *paths)
                tally.check(f"example {name} {signature}: then there are no changes", (code, "No changes." in text), (0, True))
            with emulator(binary, folder / f"{name}-{signature}-other.log", "--account", "1111111111111111") as port:
                code, _ = Livevod(binary, port, folder).run("apply", signature, "--auto-approve", *paths)
                tally.check(f"example {name} {signature}: another account is refused", code, 3)


def check_schema(tally, folder):
    """Each example is valid by the schema that its own first line names, and an example with a mistake is not."""
    examples = ROOT / "examples"
    # Files for other programs.
    others = {examples / name for name in ("monitoring", "policy", "schedulers")}
    files = sorted(path for path in examples.rglob("*.yaml") if others.isdisjoint(path.parents))
    for file in files:
        named = file.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        tally.check(f"{file.relative_to(ROOT)}: names the schema", (file.parent / named).resolve(), SCHEMA)
    tally.check("every example is valid by the schema", schema_findings(files), (0, ""))
    good = (ROOT / "examples" / "quickstart" / "livevod.yaml").read_text()
    for slip, right, wrong in [
        ("a misspelt key", "cycle_duration: 2h", "cycle_duraton: 2h"),
        ("a length out of range", "cycle_duration: 2h", "cycle_duration: 299"),
        ("a list in place of settings", "{ cycle_duration: 2h }", "[2h]"),
        ("another version", "version: 1", "version: 2"),
    ]:
        file = folder / "slip.yaml"
        file.write_text(good.replace(right, wrong, 1))
        code, text = schema_findings([file])
        tally.check(f"the schema finds {slip}", (code, "Schema validation errors" in text), (1, True))


def schema_findings(files):
    """Exit code of the validator, and its output if that is not 0."""
    validator = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([validator, "--schemafile", SCHEMA, *files], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr) if done.returncode else ""


def main():
    binary, tally = str(Path(sys.argv[1]).resolve()), Tally()
    # No proxy of the caller is used between an SDK and loopback.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with emulator(binary, folder / "sdks.log") as port:
            for sdk, make in SDKS.items():
                check_sdk(tally, sdk, make, port)
            sdk_of = {sdk: make(port, KEY) for sdk, make in SDKS.items()}
            check_livevod(tally, Livevod(binary, port, folder), sdk_of)
        with emulator(binary, folder / "services.log", *ARGUMENTS) as port:
            for sdk, make in SDKS.items():
                check_services(tally, sdk, make, port, KEY)
            check_credentials_uri(tally, port)
        Pop.stop()
        check_generations(tally, binary, folder)
        check_examples(tally, binary, folder)
        check_schema(tally, folder)
    print(f"\n{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
