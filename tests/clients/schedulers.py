"""Checks and plays the schedulers of examples/schedulers: the systemd units with their timers, and the Kubernetes CronJobs, for drift checks
and for audits. Their commands run unchanged, against livevod's emulator and a stand-in for the monitor that gets the heartbeats.

    schedulers.py BINARY EXAMPLES TOOLS CHECKOV

TOOLS is the folder of shellcheck.
"""

import copy
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

import jsonschema
from ruamel.yaml import YAML

TOKEN = "header.claims.signature"
ACCOUNT = "1234567890123456"
FILES = f"""\
version: 1
account: "{ACCOUNT}"
defaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}
domains: {{ live.example.com: {{ apps: {{ show: {{ streams: {{ cam1: {{}} }} }} }} }} }}
"""
# What checkov finds and the example means.
MEANT = {
    "CKV_K8S_43": "a digest can be pinned only once there is a release",
    "CKV_K8S_15": "a pinned digest need not be pulled each time",
}


def run(*command, code=0, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == code, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class Monitor(http.server.BaseHTTPRequestHandler):
    """Counts the calls to the address with the secret."""

    beats = 0

    def do_GET(self):
        Monitor.beats += self.path == "/beat/secret-address"
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class World:
    """The emulator with a role for a token, the files, the monitor, and a PATH with this livevod."""

    def __init__(self, folder, binary, role):
        self.folder, self.binary = folder, binary
        self.files, self.tools, self.token = folder / "files", folder / "tools", folder / "token"
        for one in (self.files, self.tools):
            one.mkdir()
        (self.files / "livevod.yaml").write_text(FILES)
        self.token.write_text(TOKEN)
        (self.tools / "livevod").symlink_to(binary)
        self.monitor = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
        threading.Thread(target=self.monitor.serve_forever, daemon=True).start()
        self.heartbeat = folder / "heartbeat"
        self.heartbeat.write_text(f'url = "http://127.0.0.1:{self.monitor.server_port}/beat/secret-address"\n')
        port = folder / "port"
        command = [binary, "emulator", "--listen", "127.0.0.1:0", "--port-file", port, "--admin", "--account", ACCOUNT]
        self.emulator = subprocess.Popen([*command, "--oidc-token-file", self.token, "--role", role], stdout=subprocess.DEVNULL)
        while not port.exists():
            assert self.emulator.poll() is None
            time.sleep(0.02)
        self.endpoint = f"http://127.0.0.1:{port.read_text().strip()}"

    def environment(self, **more):
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(home), "NO_PROXY": "127.0.0.1", "LIVEVOD_ENDPOINT": self.endpoint, **more}

    def key(self):
        return {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}

    def converge(self):
        run(self.binary, "apply", self.files, "--auto-approve", "--max-change", "100%", cwd=self.folder, env=self.environment(**self.key()))

    def edit(self, cycle):
        """Somebody edits in the console: other files are applied, then the files are as before."""
        edited = FILES.replace("cam1: {}", f"cam1: {{ cycle_duration: {cycle} }}")
        (self.files / "livevod.yaml").write_text(edited)
        self.converge()
        (self.files / "livevod.yaml").write_text(FILES)

    def lose(self):
        """An encoder sends a name that is written otherwise in the files, and what it sent is not recorded."""
        now = time.time()
        stamp = lambda ago: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - ago))
        session = {
            "DomainName": "live.example.com", "AppName": "show", "StreamName": "Cam1",
            "PublishTime": stamp(4 * 3600), "StopTime": stamp(3 * 3600),
        }
        run("curl", "--silent", "--fail", "--request", "POST", "--data-binary", json.dumps(session), f"{self.endpoint}/_admin/publish")

    def fault(self, text):
        run("curl", "--silent", "--fail", "--request", "PUT", "--data-binary", text, f"{self.endpoint}/_admin/faults")

    def stop(self):
        self.monitor.shutdown()
        self.emulator.terminate()
        self.emulator.wait(timeout=30)


def every_end(world, command, check, beats_with_finding):
    """Nothing is found, something is, and a check that is incomplete: the exit codes, and who gets a heartbeat."""
    world.converge()
    find = {"drift": lambda: world.edit("15m"), "audit": world.lose}[command]
    table = [("", False, 0, 1), ("", True, 2, beats_with_finding), ("revoked-key:action=Describe", False, 1, 0)]
    for fault, is_found, code, beats in table:
        if is_found:
            find()
        world.fault(fault)
        before = Monitor.beats
        said = check(code)
        assert Monitor.beats - before == beats, f"{command} {fault} {is_found}: {Monitor.beats - before} heartbeats\n{said}"
        assert "secret-address" not in said, said
    world.fault("")


def systemd(world, command, folder, tools):
    script = folder / f"livevod-{command}.sh"
    run(tools / "shellcheck", script)
    units = world.folder / "units"
    units.mkdir()
    timer, service = ((folder / f"livevod-{command}.{kind}").read_text() for kind in ("timer", "service"))
    (units / f"livevod-{command}.timer").write_text(timer)
    (started,) = re.findall(r"^ExecStart=(\S+)", service, re.MULTILINE)
    with_credentials = re.sub(r"^#(LoadCredential|Environment)=", r"\1=", service, flags=re.MULTILINE)
    for text in (service, with_credentials):
        (units / f"livevod-{command}.service").write_text(text.replace(started, str(script)))
        said = run("systemd-analyze", "verify", "--man=no", *sorted(units.iterdir()))
        assert not said.strip(), said
        exposure = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", units / f"livevod-{command}.service")
        assert "Overall exposure level" in exposure
    (when,) = re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE)
    run("systemd-analyze", "calendar", when)
    credentials = world.folder / "credentials"
    credentials.mkdir()
    shutil.copy(world.heartbeat, credentials / "heartbeat")
    environment = world.environment(**world.key(), CREDENTIALS_DIRECTORY=str(credentials))
    every_end(world, command, lambda code: run(script, world.files, code=code, cwd=world.folder, env=environment), beats_with_finding=1)
    bare = world.environment(**world.key())
    assert "heartbeat" not in run(script, world.files, code=2, cwd=world.folder, env=bare), "without an address, none is called"
    (credentials / "heartbeat").write_text('url = "http://127.0.0.1:1/beat/secret-address"\n')
    assert "the heartbeat was not sent" in run(script, world.files, code=2, cwd=world.folder, env=environment), "what was found is the result"


def kubernetes(world, command, folder, schema, checkov):
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    validator.check_schema(validator.schema)
    documents = list(YAML(typ="safe").load_all((folder / f"{command}.yml").read_text()))
    for document in documents:
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        assert not errors, errors
    mistyped(validator, documents[1])
    found = json.loads(run(checkov, "--framework", "kubernetes", "--file", folder / f"{command}.yml", "--skip-download", "--soft-fail", "--output", "json"))
    failed = {one["check_id"]: one["check_name"] for one in found["results"]["failed_checks"]}
    assert found["summary"]["passed"] > 20 and set(failed) == set(MEANT), failed
    job = documents[1]["spec"]["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    assert documents[1]["spec"]["concurrencyPolicy"] == "Forbid" and pod["restartPolicy"] == "Never"
    assert job["podFailurePolicy"]["rules"][0]["onExitCodes"] == {"containerName": command, "operator": "In", "values": [2]}
    version = tomllib.loads((folder.parents[2] / "Cargo.toml").read_text())["package"]["version"]
    assert pod["initContainers"][0]["image"] == f"ghcr.io/OWNER/livevod:{version}"
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert volumes == {mount["name"] for one in pod["initContainers"] + pod["containers"] for mount in one["volumeMounts"]}
    every_end(world, command, lambda code: play(world, pod, code), beats_with_finding=0)


def mistyped(validator, document):
    """The schema finds what Kubernetes would ignore or refuse."""
    for path, value in [
        (("spec", "concurencyPolicy"), "Forbid"),
        (("spec", "jobTemplate", "spec", "template", "spec", "securityContext", "runAsNonRoots"), True),
        (("spec", "jobTemplate", "spec", "backoffLimit"), "2"),
        (("spec", "jobTemplate", "spec", "template", "spec", "volumes"), [{"name": "both", "emptyDir": {}, "secret": {"secretName": "x"}}]),
    ]:
        wrong = copy.deepcopy(document)
        holder = wrong
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = value
        assert not validator.is_valid(wrong), path


def play(world, pod, code):
    """The containers of a Pod, one after the other, with the mounted paths where this machine has them."""
    (token,) = [volume for volume in pod["volumes"] if "projected" in volume]
    assert token["projected"]["sources"][0]["serviceAccountToken"]["audience"] == "sts.aliyuncs.com"
    places = {"/files": str(world.files), "/var/run/secrets/livevod/token": str(world.token), "/heartbeat/curl": str(world.heartbeat)}
    said = ""
    for container in pod["initContainers"] + pod["containers"]:
        given = {one["name"]: places.get(one["value"], one["value"]).replace("ACCOUNT", ACCOUNT) for one in container.get("env", [])}
        given["HOME"] = str(world.folder / "home")
        command = container.get("command", [str(world.binary)]) + [places.get(word, word) for word in container["args"]]
        done = subprocess.run(command, cwd=world.folder, env=world.environment(**given), capture_output=True, text=True, check=False)
        said += done.stdout + done.stderr
        if done.returncode:
            assert done.returncode == code, said
            return said
    assert code == 0, said
    return said


def main():
    binary, examples, tools, checkov = (Path(path).absolute() for path in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(__file__).with_name("kubernetes.schema.json")
        stories = (
            ("systemd", lambda world, command: systemd(world, command, examples / "systemd", tools)),
            ("kubernetes", lambda world, command: kubernetes(world, command, examples / "kubernetes", schema, checkov)),
        )
        for command in ("drift", "audit"):
            for name, story in stories:
                place = Path(folder) / command / name
                place.mkdir(parents=True)
                world = World(place, binary, {"drift": "livevod-plan", "audit": "livevod-audit"}[command])
                try:
                    story(world, command)
                finally:
                    world.stop()
    print("schedulers: the systemd units and the CronJobs are as they should be, and told what they should find from nothing")


if __name__ == "__main__":
    main()
