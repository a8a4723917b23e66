"""The story of a platform team on GitHub, played with the workflows of `examples/ci/github` as they stand there."""

import json
import re

from actions import Job, load, triggered
from github import BOT, COMMENT_LIMIT, PERSON, REPOSITORY, GitHub
from world import HOSTILE, World, events

COMMENT = ("POST", f"/repos/{REPOSITORY}/issues/7/comments")


class Team:
    """A repository on GitHub, its workflows, its emulated cloud, and the pull requests in it."""

    def __init__(self, folder, binary, template, files):
        self.world = World(folder, binary)
        self.host = GitHub()
        self.host.oidc = "header.claims.signature"
        self.main = self.world.init(template, files)
        self.workflows = {path.stem: load(path) for path in (template / ".github" / "workflows").glob("*.yml")}
        self.stored = True

    def start(self, name, event_name, event, sha, ref, **more):
        workflow = self.workflows[name]
        assert triggered(workflow, event_name, "main", ["livevod/livevod.yaml"]), name
        return Job(self.host, self.world, workflow, event_name, event, sha, ref, stored=self.stored, **more).run()

    def pull(self, number, files, fork=False):
        """A pull request with these files: what GitHub tells its workflows."""
        head, merge = self.world.branch(f"pull-{number}", files)
        repository = "stranger/recordings" if fork else REPOSITORY
        pull = {
            "number": number,
            "title": HOSTILE,
            "user": {"login": "stranger" if fork else "anna"},
            "head": {"sha": head, "ref": HOSTILE, "repo": {"full_name": repository}},
            "base": {"ref": "main"},
        }
        return {"pull_request": pull}, merge

    def on_pull(self, name, event, merge, **more):
        return self.start(name, "pull_request", event, merge, f"refs/pull/{event['pull_request']['number']}/merge", **more)

    def plan(self, number, files):
        event, merge = self.pull(number, files)
        return event, self.on_pull("livevod-plan", event, merge)

    def merge(self, event):
        """Squashes a pull request into main, as GitHub tells of it afterwards."""
        pull = event["pull_request"]
        sha = self.world.squash(pull["head"]["sha"])
        merged = {**pull, "merged_at": "2026-11-25T10:00:00Z", "merge_commit_sha": sha, "commits": [sha, pull["head"]["sha"]]}
        # Another pull request has the same commit, as after a merge of one branch into another.
        other = {**merged, "merge_commit_sha": "0" * 40, "head": {**pull["head"], "sha": "1" * 40}}
        self.host.pulls += [other, merged]
        return sha

    def apply(self, sha, **more):
        return self.start("livevod-apply", "push", {"after": sha}, sha, "refs/heads/main", **more)

    def by_hand(self, sha, **inputs):
        return self.start("livevod-apply", "workflow_dispatch", {"inputs": inputs}, sha, "refs/heads/main")

    def drift(self):
        return self.start("livevod-drift", "schedule", {}, self.world.git("rev-parse", "main"), "refs/heads/main")

    def audit(self):
        return self.start("livevod-audit", "schedule", {}, self.world.git("rev-parse", "main"), "refs/heads/main")

    def status(self, event):
        return next(one for one in reversed(self.host.statuses) if one["sha"] == event["pull_request"]["head"]["sha"])


def digest(text):
    return re.search(r"sha256:[0-9a-f]{64}", text)[0]


def story(folder, binary, template, quickstart):
    # Nothing is declared at first.
    team = Team(folder, binary, template, quickstart.partition("domains:")[0])
    try:
        tampered(team, quickstart)
        forks(team, quickstart)
        event = reviews(team, quickstart)
        applies(team, event)
        moved = behind_the_back(team, quickstart)
        stays_refused_until_told(team, moved)
        forgeries(team, quickstart)
        half_done(team, quickstart)
        alarms(team, quickstart)
        recorded(team, quickstart)
        held(team, quickstart)
        large(team, quickstart)
        team.world.nothing_touched()
    finally:
        team.world.stop()


def tampered(team, files):
    """A release that was replaced is never run: neither with the old checksum nor, without attestation, with a new one."""
    event, merge = team.pull(2, files)
    with team.world.tampered() as release:
        job = team.on_pull("livevod-validate", event, merge)
        assert job.state == "failure" and "checksum mismatch" in job.log, job.log
        release.with_its_checksum()
        job = team.on_pull("livevod-validate", event, merge)
        assert job.state == "failure" and "checksum mismatch" not in job.log, job.log


def forks(team, files):
    """A fork's pull request is checked without secrets, and never planned with them."""
    event, merge = team.pull(3, files.replace("tier: premium }", "tier: premum }", 1), fork=True)
    job = team.on_pull("livevod-validate", event, merge, fork=True)
    assert job.state == "failure"
    assert re.search(r"^::error file=livevod/livevod.yaml,line=\d+,.*title=unknown-tier", job.log, re.MULTILINE), job.log
    event, merge = team.pull(3, files, fork=True)
    assert team.on_pull("livevod-validate", event, merge, fork=True).state == "success"
    assert team.on_pull("livevod-plan", event, merge, fork=True).state == "skipped"
    assert team.host.writes() == []


def reviews(team, files):
    """A pull request has one comment, which later pushes rewrite; a status holds the digest."""
    # Somebody else wrote the marker first, and more comments than one page holds stand above.
    for number in range(130):
        team.host.add_comment(7, f"a remark {number}", PERSON)
    event, job = team.plan(7, files)
    assert job.state == "success", job.log
    assert team.host.writes() == [COMMENT, ("POST", f"/repos/{REPOSITORY}/statuses/{event['pull_request']['head']['sha']}")]
    first = team.host.comments[-1]
    assert "**Plan: 5 to add, 0 to change, 0 to destroy.**" in first["body"] and first["body"] == job.summary and "::notice file=livevod/livevod.yaml,line=" in job.log
    assert team.status(event)["state"] == "success"
    assert team.status(event)["description"] == f"{digest(first['body'])}: +5 ~0 -/+0 -0"
    kept = job.uploads[f"livevod-plan-{event['pull_request']['head']['sha']}"]
    assert set(kept) == {"plan.lvp", "plan.md", "plan.json", "plan.tf.json", "plan.html"}
    assert json.loads(kept["plan.tf.json"])["resource_changes"], "policies have something to read"
    marker = first["body"].splitlines()[0]
    team.host.add_comment(7, marker + "\nforged", PERSON)

    again = team.on_pull("livevod-plan", event, job.sha)
    assert again.state == "success", again.log
    assert team.host.writes() == [("POST", f"/repos/{REPOSITORY}/statuses/{event['pull_request']['head']['sha']}")]

    event, broken = team.plan(7, files.replace("cycle_duration: 2h", "cycle_duration: 2"))
    assert broken.state == "failure" and team.status(event)["state"] == "error"
    assert "could not be planned" in first["body"] and first["body"].startswith(marker)
    event, job = team.plan(7, files.replace("cycle_duration: 2h", "cycle_duration: 3h"))
    assert job.state == "success" and "`3h`" in first["body"] and "could not" not in first["body"]
    team.host.writes()
    mine = [one for one in team.host.comments if one["issue"] == 7 and one["user"] == BOT]
    assert mine == [first], "one comment"
    return event


def applies(team, event):
    """After the merge exactly that is applied, and a second run finds nothing to do."""
    sha = team.merge(event)
    job = team.apply(sha)
    assert job.state == "success", job.log
    assert "Apply complete! Resources: 5 added, 0 changed, 0 destroyed." in job.summary
    kept = job.uploads["livevod-apply-1"]
    assert any(name.startswith(".livevod/journal/") for name in kept) and events(kept["events.ndjson"]), kept.keys()
    assert [run["outcomes"]["done"] for run in team.world.runs()] == [5], "the journal is in the store"
    again = team.apply(sha, attempt=2)
    assert again.state == "success" and "No changes." in again.summary, again.log

    unchanged, job = team.plan(8, (team.world.origin / "livevod" / "livevod.yaml").read_text())
    assert job.state == "success", job.log
    assert not [one for one in team.host.comments if one["issue"] == 8], "no changes, no comment"
    assert team.status(unchanged)["description"].endswith(": +0 ~0 -/+0 -0")


def behind_the_back(team, files):
    """An edit in the console between review and merge: nothing is written, and the job tells what moved."""
    files = files.replace("cycle_duration: 2h", "cycle_duration: 3h")
    event, job = team.plan(9, files.replace("morning: {}", "morning: { cycle_duration: 30m }"))
    assert job.state == "success", job.log
    team.world.in_the_console(files.replace("morning: {}", "morning: { cycle_duration: 50m }"))
    sha = team.merge(event)
    kept = len(team.world.runs())
    job = team.apply(sha)
    assert job.state == "failure"
    assert "exit code 3" in job.summary and "nothing was written" in job.summary, job.summary
    assert "`50m` → `30m`" in job.summary, "what would be done now"
    assert "1 change differs from the review" in job.summary, "what moved"
    assert len(team.world.runs()) == kept, "a refused run wrote nothing"
    files = (team.world.origin / "livevod" / "livevod.yaml").read_text()
    team.plan(14, files.replace("evening: { tier: premium, cycle_duration: 20m }", "evening: { tier: premium, cycle_duration: 25m }"))
    assert "1 change was pending; these files add 1" in team.host.comments[-1]["body"], team.host.comments[-1]["body"]
    return sha, job


def stays_refused_until_told(team, moved):
    """By hand, with the digest of what was shown; a digest that is none is refused before anything else."""
    sha, refused = moved
    wrong = team.by_hand(sha, digest="$(touch pwned)")
    assert wrong.state == "failure" and "The typed digest is not a digest" in wrong.summary
    assert "Get a token for the role" not in wrong.outcomes
    shown = re.search(r"^digest `(sha256:[0-9a-f]{64})`", refused.summary, re.MULTILINE)[1]
    done = team.by_hand(sha, digest=shown, allow_recording_gap="false")
    assert done.state == "success" and "0 added, 1 changed" in done.summary, done.log


def forgeries(team, files):
    """Only the workflow's own, single word for a commit counts; nothing asks for the role before that is settled."""
    files = files.replace("cycle_duration: 2h", "cycle_duration: 3h").replace("morning: {}", "morning: { cycle_duration: 40m }")
    event, job = team.plan(10, files)
    assert job.state == "success", job.log
    head = event["pull_request"]["head"]["sha"]
    sha = team.merge(event)
    said = team.status(event)

    def refusal(statuses):
        kept, team.host.statuses = team.host.statuses, statuses
        job = team.apply(sha)
        team.host.statuses = kept
        assert job.state == "failure" and "Get a token for the role" not in job.outcomes
        assert "Nothing was applied" in job.summary and "::error title=livevod::" in job.log, job.log
        return job.summary

    forged = {**said, "id": said["id"] + 1, "creator": PERSON}
    assert "not written by this repository's workflow" in refusal([said, forged])
    assert "not written by this repository's workflow" in refusal([{**forged, "creator": {**BOT, "type": "User"}}])
    assert "has no status" in refusal([])
    assert "has no status" in refusal([{**said, "context": "livevod/other"}])
    assert "has no digest" in refusal([said, {**said, "id": said["id"] + 1, "state": "error", "description": "no plan"}])
    assert "has no digest" in refusal([{**said, "description": said["description"].replace("sha256:", "sha256:0")}])
    other = {**said, "id": said["id"] - 1, "description": f"sha256:{'0' * 64}: +0 ~0 -/+0 -0"}
    assert "more than once" in refusal([other, said])

    straight = team.world.commit(files + "\n# pushed past every review\n")
    job = team.apply(straight)
    assert job.state == "failure" and "No merged pull request created" in job.summary
    # Without a store, the plan is an artifact. It can't be fetched any more; its digest is enough. A fork's artifact is not looked at.
    team.stored = False
    team.host.blobs.held.clear()
    team.host.add_artifact(f"livevod-plan-{head}", {"plan.lvp": "forged"}, foreign=True)
    job = team.apply(sha)
    assert job.state == "success" and "0 added, 1 changed" in job.summary, job.log
    assert "only its digest is compared" in job.log
    team.stored = True


def half_done(team, files):
    """The key is revoked in the middle: the job says so, and run again on another machine it does the rest."""
    files = files.replace("cycle_duration: 2h", "cycle_duration: 3h").replace("morning: {}", "morning: { cycle_duration: 40m }")
    more = "".join(f"          extra{number}: {{}}\n" for number in range(6))
    event, job = team.plan(11, files + more)
    assert job.state == "success" and team.status(event)["description"].endswith("+6 ~0 -/+0 -0"), job.log
    sha = team.merge(event)
    team.world.fault("revoked-key:action=Add,address=live.example.com/news/extra3")
    job = team.apply(sha)
    assert job.state == "failure" and "exit code 4" in job.summary and "Incomplete" in job.summary, job.summary
    assert team.world.runs()[0]["outcomes"]["failed"] == 1, "the journal is in the store after a failure too"
    team.world.fault("")
    job = team.apply(sha, attempt=2)
    assert job.state == "success" and "1 added, 0 changed" in job.summary, job.log


def alarms(team, _files):
    """Drift has one issue, opened once, changed when the drift changes, closed when it is gone, opened again."""
    team.host.writes()
    files = (team.world.origin / "livevod" / "livevod.yaml").read_text()
    assert team.drift().state == "success" and team.host.writes() == [] and team.host.issues == []
    assert team.host.heartbeats == 1
    team.world.in_the_console(files.replace("backstage: { cycle_duration: 3h }", "backstage: {}"))
    assert team.drift().state == "success"
    issue, = team.host.issues
    address = ("PATCH", f"/repos/{REPOSITORY}/issues/{issue['number']}")
    assert issue["labels"] == ["livevod-drift"] and "`3h` → `1h`" in issue["body"]
    team.host.writes()
    assert team.drift().state == "success" and team.host.writes() == [], "the same drift says nothing twice"
    team.world.in_the_console(files.replace("backstage: { cycle_duration: 3h }", "backstage: { cycle_duration: 1800 }"))
    assert team.drift().state == "success" and team.host.writes() == [address]
    assert "`3h` → `30m`" in issue["body"] and issue["state"] == "open"
    team.world.fault("revoked-key:action=Describe")
    beats = team.host.heartbeats
    job = team.drift()
    assert job.state == "failure" and team.host.writes() == [], "what could not be read closes nothing"
    assert team.host.heartbeats == beats, "an incomplete check sends no heartbeat"
    team.world.fault("")
    team.world.in_the_console(files)
    assert team.drift().state == "success" and team.host.writes() == [address] and issue["state"] == "closed"
    assert team.drift().state == "success" and team.host.writes() == []
    team.world.in_the_console(files.replace("backstage: { cycle_duration: 3h }", "backstage: {}"))
    assert team.drift().state == "success" and team.host.writes() == [address] and issue["state"] == "open"
    team.world.in_the_console(files)


def held(team, _files):
    """A plan that a guard holds is red before the merge, is refused after it, and goes through by hand with what releases it."""
    files = (team.world.origin / "livevod" / "livevod.yaml").read_text()
    event, job = team.plan(12, files.replace("morning: { cycle_duration: 40m }", 'morning: { storage_location: "b.oss-cn-shanghai.aliyuncs.com" }'))
    assert job.state == "success", job.log
    said = team.status(event)
    assert said["state"] == "failure" and said["description"].endswith("; held: recording-gap"), said
    sha = team.merge(event)
    job = team.apply(sha)
    assert job.state == "failure" and "exit code 3" in job.summary
    typed = digest(said["description"])
    assert team.by_hand(sha, digest=typed, allow_recording_gap="false").state == "failure"
    job = team.by_hand(sha, digest=typed, allow_recording_gap="true")
    assert job.state == "success", job.log


def large(team, _files):
    """Three thousand changes fit: no argument and no variable holds a plan, and the comment stays within GitHub's limit."""
    files = (team.world.origin / "livevod" / "livevod.yaml").read_text()
    more = "".join(f"          camera-{number:04}: {{ cycle_duration: {600 + number} }} # livevod: allow short-cycle\n" for number in range(3000))
    event, job = team.plan(13, files + more)
    assert job.state == "success", job.log[-2000:]
    comment = team.host.comments[-1]
    assert comment["issue"] == 13 and 20000 < len(comment["body"].encode()) <= 60000 < COMMENT_LIMIT
    assert team.status(event)["description"] == f"{digest(comment['body'])}: +3000 ~0 -/+0 -0"


def recorded(team, _files):
    """An audit of a quiet day, of one with an encoder that sends another name than the declared one, and one that is incomplete."""
    team.host.writes()
    before = team.host.heartbeats
    job = team.audit()
    assert job.state == "success" and "Nothing was on air." in job.summary, job.log
    team.world.aired("news", "Morning")
    job = team.audit()
    assert job.state == "failure" and "`news/morning` is declared" in job.summary, job.log
    assert [sorted(files) for files in job.uploads.values()] == [["audit.html", "audit.json", "audit.md"]]
    assert team.host.heartbeats == before + 2, "a complete audit sends a heartbeat, whatever it finds"
    team.world.fault("revoked-key:action=Describe")
    assert team.audit().state == "failure" and team.host.heartbeats == before + 2
    team.world.fault("")
    assert team.host.writes() == [], "an audit writes nothing on GitHub"
