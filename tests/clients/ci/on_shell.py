"""The shell script of `examples/ci/shell`, as Jenkins and Flow call it: plan, apply, drift, audit, and what each refuses."""

import subprocess

from github import GitHub
from world import World, environment, text

KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}


class Workspace:
    def __init__(self, folder, binary, script, files):
        self.world, self.script, self.host = World(folder, binary), script, GitHub()
        # Without a store at first.
        self.stored = {"LIVEVOD_STORE": ""}
        self.folder = folder / "workspace"
        (self.folder / "livevod").mkdir(parents=True)
        self.write(files)

    def write(self, files):
        (self.folder / "livevod" / "livevod.yaml").write_text(files)

    def run(self, command, **variables):
        """The exit code and the log of a command."""
        given = environment(self.world.folder / "home", self.world.tools) | KEY | {"LIVEVOD_ENDPOINT": self.world.endpoint} | self.stored
        done = subprocess.run(
            ["sh", self.script, command],
            cwd=self.folder,
            env=given | {"LIVEVOD_HEARTBEAT_URL": f"{self.host.url}/heartbeat"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert KEY["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] + "-" not in done.stdout
        return done.returncode, done.stdout

    def file(self, name):
        return text(self.folder / name)


def story(folder, binary, template, quickstart):
    job = Workspace(folder, binary, template / "livevod.sh", quickstart)
    try:
        installs(job)
        plans_and_applies(job)
        assert job.world.runs() == []
        job.stored = job.world.store()
        behind_the_back(job, quickstart)
        guarded(job, quickstart)
        recorded(job)
        job.world.nothing_touched()
    finally:
        job.world.stop()


def installs(job):
    with job.world.tampered() as release:
        code, log = job.run("plan")
        assert code == 1 and "checksum mismatch" in log, log
        release.with_its_checksum()
        code, log = job.run("plan", LIVEVOD_SHA256=job.world.sha256)
        assert code == 1 and "checksum mismatch" in log, log
        code, log = job.run("plan", GH_TOKEN="token")
        assert code == 1 and not (job.folder / "plan.lvp").exists(), "the attestation is of another archive"
    code, log = job.run("install")
    assert code == 0 and (folder := log.strip()) and subprocess.run([f"{folder}/livevod", "--version"], capture_output=True, check=False).returncode == 0
    assert job.run("install", LIVEVOD_VERSION="0.0.9")[0] != 0, "there is no such release"
    code, log = job.run("other")
    assert code == 1 and "unknown command other" in log


def plans_and_applies(job):
    code, log = job.run("apply")
    assert code == 1 and "nothing was reviewed" in log, log
    code, log = job.run("plan", GH_TOKEN="token", LIVEVOD_ARGUMENTS="--parallelism 2")
    assert code == 0 and "5 to add" in log and job.file("plan.code") == "2\n", log
    assert job.file("plan.digest").strip() in log and "<html" in job.file("plan.html") and job.file("plan.tf.json")
    assert "**Plan: 5 to add, 0 to change, 0 to destroy.**" in job.file("plan.md")
    code, log = job.run("apply")
    assert code == 0 and "Apply complete! Resources: 5 added" in log and job.file("events.ndjson"), log
    code, log = job.run("plan")
    assert code == 0 and job.file("plan.code") == "0\n", log
    code, log = job.run("drift")
    assert code == 0 and "No changes." in job.file("drift.md") and job.host.heartbeats == 1, log
    assert not list((job.world.folder / "home" / "temporary").glob("*/livevod"))[1:], "only `install` leaves a folder"


def behind_the_back(job, files):
    job.world.in_the_console(files.replace("backstage: { cycle_duration: 2h }", "backstage: { cycle_duration: 1h }"))
    code, log = job.run("drift")
    assert code == 2 and "`2h` → `1h`" in log and job.host.heartbeats == 2, log
    job.world.fault("revoked-key:action=Describe")
    assert job.run("drift")[0] == 1 and job.host.heartbeats == 2, "an incomplete check sends no heartbeat"
    job.world.fault("")
    code, log = job.run("plan")
    reviewed = job.file("plan.digest").strip()
    job.world.in_the_console(files.replace("backstage: { cycle_duration: 2h }", "backstage: { cycle_duration: 30m }"))
    code, log = job.run("apply")
    assert code == 3 and "REFUSED, nothing was written" in log and "`30m` → `2h`" in log, log
    code, log = job.run("apply", LIVEVOD_DIGEST=reviewed)
    assert code == 3 and "1 change differs from the review" in log, "of a typed digest, the store has the plan"
    code, log = job.run("apply", LIVEVOD_DIGEST="$(touch pwned)")
    assert code == 1 and "not a digest" in log, log
    job.run("plan")
    code, log = job.run("apply", LIVEVOD_DIGEST=job.file("plan.digest").strip())
    assert code == 0 and "0 added, 1 changed" in log, log
    assert [run["outcomes"]["done"] for run in job.world.runs()] == [1], "the journal is in the store"


def guarded(job, files):
    job.write(files.replace("morning: {}", 'morning: { storage_location: "b.oss-cn-shanghai.aliyuncs.com" }'))
    code, log = job.run("plan")
    assert code == 0 and job.file("plan.code") == "3\n", log
    assert job.run("apply")[0] == 3
    assert job.run("apply", LIVEVOD_GUARD="auto-approve")[0] == 1
    code, log = job.run("apply", LIVEVOD_GUARD="allow-recording-gap")
    assert code == 0, log


def recorded(job):
    """An audit of a quiet day, of one with an encoder that sends another name than the declared one, and one that is incomplete."""
    before = job.host.heartbeats
    code, log = job.run("audit")
    assert code == 0 and "Nothing was on air." in job.file("audit.md") and job.host.heartbeats == before + 1, log
    job.world.aired("news", "Morning")
    code, log = job.run("audit")
    assert code == 2 and "`live.example.com/news/Morning`" in log and "`news/morning` is declared" in log, log
    assert "<html" in job.file("audit.html") and '"verdict":"missing"' in job.file("audit.json") and job.host.heartbeats == before + 2
    job.world.fault("revoked-key:action=Describe")
    assert job.run("audit")[0] == 1 and job.host.heartbeats == before + 2, "an incomplete audit sends no heartbeat"
    job.world.fault("")
