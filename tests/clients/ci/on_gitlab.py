"""The same story on GitLab, played with the pipeline of `examples/ci/gitlab` as it stands there."""

import json
import re

from gitlab import BOT, PERSON, PROJECT, GitLab
from pipelines import Invalid, Pipeline, pipeline_file, report
from world import HOSTILE, World, events

NOTES = f"/api/v4/projects/{PROJECT}/merge_requests/7/notes"


class Team:
    def __init__(self, folder, binary, template, files):
        self.world, self.host, self.stored = World(folder, binary), GitLab(), True
        self.world.init(template, files)
        self.template = template

    def start(self, variables, sha, **inputs):
        tokens = {"LIVEVOD_API_TOKEN": self.host.token, "LIVEVOD_OIDC_PROVIDER_ARN": "acs:ram::1234567890123456:oidc-provider/gitlab"}
        roles = {"LIVEVOD_PLAN_ROLE_ARN": "acs:ram::1234567890123456:role/livevod-plan", "LIVEVOD_HEARTBEAT_URL": f"{self.host.url}/heartbeat"}
        store = self.world.store() if self.stored else {}
        file = pipeline_file(self.template, {name.replace("_", "-"): value for name, value in inputs.items()})
        return Pipeline(self.host, self.world, file, {**tokens, **roles, **store, **variables}, sha).run()

    def request(self, number, files, fork=False):
        """A merge request with these files, and the pipeline that GitLab runs for it."""
        head, _merge = self.world.branch(f"request-{number}", files)
        pipeline = self.start(
            {
                "CI_PIPELINE_SOURCE": "merge_request_event",
                "CI_MERGE_REQUEST_IID": str(number),
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": HOSTILE,
                "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "13" if fork else str(PROJECT),
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_TITLE": HOSTILE,
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.world.git("rev-parse", "main"),
            },
            head,
        )
        request = {"iid": number, "state": "opened", "target_branch": "main", "sha": head, "project_id": PROJECT}
        request |= {"source_project_id": 13 if fork else PROJECT, "head_pipeline": {"id": pipeline.number}}
        return request, pipeline

    def merge(self, request):
        sha = self.world.squash(request["sha"])
        merged = {**request, "state": "merged", "merge_commit_sha": None, "squash_commit_sha": sha, "commits": [sha, request["sha"]]}
        self.host.requests += [{**merged, "iid": 1, "squash_commit_sha": None}, merged]
        return sha

    def push(self, sha):
        return self.start({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, sha)

    def by_hand(self, sha, **inputs):
        return self.start({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}, sha, **inputs)

    def drift(self):
        sha = self.world.git("rev-parse", "main")
        return self.start({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, sha)


def story(folder, binary, template, quickstart):
    # Nothing is declared at first.
    team = Team(folder, binary, template, quickstart.partition("domains:")[0])
    try:
        tampered(team, quickstart)
        request = reviews(team, quickstart)
        applies(team, request)
        behind_the_back(team)
        refusals(team)
        half_done(team)
        alarms(team)
        large(team)
        team.world.nothing_touched()
    finally:
        team.world.stop()


def tampered(team, files):
    """A release that was replaced is never run."""
    with team.world.tampered():
        _, pipeline = team.request(2, files)
        assert list(pipeline.jobs) == ["livevod-validate"] and pipeline.state == "failed"
        assert "checksum mismatch" in pipeline.jobs["livevod-validate"].log, pipeline.jobs["livevod-validate"].log


def reviews(team, files):
    """A merge request has one note; wrong files have findings on their lines; a fork's is checked and not planned."""
    _, pipeline = team.request(3, files.replace("tier: premium }", "tier: premum }", 1), fork=True)
    assert list(pipeline.jobs) == ["livevod-validate"] and pipeline.state == "failed"
    finding, *_ = json.loads(report(pipeline.jobs["livevod-validate"], "codequality"))
    assert finding["check_name"] == "unknown-tier" and finding["location"]["path"] == "livevod/livevod.yaml", finding
    assert list(team.request(3, files, fork=True)[1].jobs) == ["livevod-validate"]

    for number in range(130):
        team.host.add_note(7, f"a remark {number}", PERSON)
    _, pipeline = team.request(7, files)
    assert pipeline.state == "success" and list(pipeline.jobs) == ["livevod-validate", "livevod-plan"], pipeline.jobs["livevod-plan"].log
    assert json.loads(report(pipeline.jobs["livevod-plan"], "terraform")) == {"create": 5, "update": 0, "delete": 0}
    assert json.loads(report(pipeline.jobs["livevod-plan"], "codequality"))
    assert team.host.writes() == [("POST", NOTES)]
    note = team.host.notes[-1]
    assert note["author"] == BOT and "**Plan: 5 to add, 0 to change, 0 to destroy.**" in note["body"]
    marker = note["body"].splitlines()[0]
    team.host.add_note(7, marker + "\nforged", PERSON)
    assert pipeline.retry("livevod-plan").state == "success" and team.host.writes() == []

    team.world.fault("revoked-key:action=Describe")
    _, broken = team.request(7, files)
    team.world.fault("")
    assert broken.state == "failed" and "could not be planned" in note["body"] and note["body"].startswith(marker)
    request, pipeline = team.request(7, files.replace("cycle_duration: 2h", "cycle_duration: 3h"))
    assert pipeline.state == "success" and "`3h`" in note["body"] and "could not" not in note["body"]
    assert team.host.writes() == [("PUT", f"{NOTES}/{note['id']}")] * 2
    return request


def applies(team, request):
    sha = team.merge(request)
    pipeline = team.push(sha)
    assert list(pipeline.jobs) == ["livevod-apply"]
    job = pipeline.jobs["livevod-apply"]
    assert job.state == "success" and "Apply complete! Resources: 5 added, 0 changed, 0 destroyed." in job.log, job.log
    assert any(name.startswith(".livevod/journal/") for name in job.kept) and events(job.kept["events.ndjson"])
    assert [run["outcomes"]["done"] for run in team.world.runs()] == [5], "the journal is in the store"
    again = pipeline.retry("livevod-apply")
    assert again.state == "success" and "No changes." in again.log
    unchanged = (team.world.origin / "livevod" / "livevod.yaml").read_text()
    assert team.request(8, unchanged)[1].state == "success"
    assert not [one for one in team.host.notes if one["request"] == 8], "no changes, no note"


def files_of(team):
    return (team.world.origin / "livevod" / "livevod.yaml").read_text()


def behind_the_back(team):
    """Refused after an edit in the console; by hand it goes through with the digest that the refusal shows."""
    files = files_of(team)
    request, pipeline = team.request(9, files.replace("morning: {}", "morning: { cycle_duration: 30m }"))
    assert pipeline.state == "success"
    team.world.in_the_console(files.replace("morning: {}", "morning: { cycle_duration: 50m }"))
    sha = team.merge(request)
    job = team.push(sha).jobs["livevod-apply"]
    assert job.state == "failed" and "REFUSED, nothing was written (exit code 3)" in job.log, job.log
    assert "`50m` → `30m`" in job.log
    team.request(14, files_of(team).replace("cycle_duration: 20m }", "cycle_duration: 25m }"))
    assert "1 change was pending; these files add 1" in team.host.notes[-1]["body"], team.host.notes[-1]["body"]
    shown = re.search(r"^digest `(sha256:[0-9a-f]{64})`", job.log, re.MULTILINE)[1]
    assert team.by_hand(sha).jobs == {}, "no digest, no apply"
    for wrong in ({"digest": "$(touch pwned)"}, {"digest": f"{shown}\n"}, {"digest": shown, "release_guard": "auto-approve"}):
        assert refused_inputs(team, sha, wrong), wrong
    done = team.by_hand(sha, digest=shown).jobs["livevod-apply"]
    assert done.state == "success" and "0 added, 1 changed" in done.log, done.log


def refused_inputs(team, sha, inputs):
    try:
        team.by_hand(sha, **inputs)
    except Invalid:
        return True
    return False


def refusals(team):
    """Only the plan of the request that was merged counts, and only where it is one."""
    files = files_of(team).replace("morning: { cycle_duration: 30m }", "morning: { cycle_duration: 40m }")
    request, pipeline = team.request(10, files)
    assert pipeline.state == "success"
    sha = team.merge(request)
    merged = team.host.requests[-1]
    plan = next(one for one in team.host.jobs if one["id"] == pipeline.jobs["livevod-plan"].id)

    def refusal():
        job = team.push(sha).jobs["livevod-apply"]
        assert job.state == "failed" and "Nothing was applied." in job.log, job.log
        return job.log

    def changed(fields, **change):
        kept = dict(fields)
        fields.update(change)
        log = refusal()
        fields.clear()
        fields.update(kept)
        return log

    assert "was never planned" in changed(merged, source_project_id=13)
    assert "was never planned" in changed(merged, head_pipeline=None)
    assert "No merge request created" in changed(merged, state="closed")
    assert "has no plan" in changed(plan, name="other")
    assert "has no plan" in changed(plan, status="failed")
    assert "has expired" in changed(plan, files={})
    earlier = next(one for one in team.host.jobs if one["name"] == "livevod-plan" and one["pipeline"] != plan["pipeline"] and one["files"])
    twice = {**earlier, "pipeline": plan["pipeline"]}
    team.host.jobs.append(twice)
    assert "more than once" in refusal()
    team.host.jobs.remove(twice)
    with team.host.lock:
        team.host.calls.clear()
    # Without a store, too.
    team.stored = False
    job = team.push(sha).jobs["livevod-apply"]
    assert job.state == "success" and "0 added, 1 changed" in job.log, job.log
    team.stored = True


def half_done(team):
    files = files_of(team)
    more = "".join(f"          extra{number}: {{}}\n" for number in range(6))
    request, _ = team.request(11, files + more)
    sha = team.merge(request)
    team.world.fault("revoked-key:action=Add,address=live.example.com/news/extra3")
    pipeline = team.push(sha)
    assert team.world.runs()[0]["outcomes"]["failed"] == 1, "the journal is in the store after a failure too"
    assert pipeline.state == "failed" and "INCOMPLETE (exit code 4)" in pipeline.jobs["livevod-apply"].log
    team.world.fault("")
    job = pipeline.retry("livevod-apply")
    assert job.state == "success" and "1 added, 0 changed" in job.log, job.log


def alarms(team):
    team.host.writes()
    files = files_of(team)
    edit = {minutes: files.replace("backstage: { cycle_duration: 3h }", f"backstage: {{ cycle_duration: {minutes}m }}") for minutes in (30, 60)}
    assert list(team.drift().jobs) == ["livevod-drift"] and team.host.writes() == [] and team.host.issues == []
    team.world.in_the_console(edit[60])
    assert team.drift().state == "success"
    issue, = team.host.issues
    address = ("PUT", f"/api/v4/projects/{PROJECT}/issues/{issue['iid']}")
    assert issue["labels"] == ["livevod-drift"] and "`3h` → `1h`" in issue["description"]
    team.host.writes()
    assert team.drift().state == "success" and team.host.writes() == []
    team.world.in_the_console(edit[30])
    assert team.drift().state == "success" and team.host.writes() == [address] and issue["state"] == "opened"
    team.world.fault("revoked-key:action=Describe")
    beats = team.host.heartbeats
    assert beats and team.drift().state == "failed" and team.host.writes() == []
    assert team.host.heartbeats == beats, "an incomplete check sends no heartbeat"
    team.world.fault("")
    team.world.in_the_console(files)
    assert team.drift().state == "success" and team.host.writes() == [address] and issue["state"] == "closed"
    team.world.in_the_console(edit[60])
    assert team.drift().state == "success" and team.host.writes() == [address] and issue["state"] == "opened"
    team.world.in_the_console(files)


def large(team):
    more = "".join(f"          camera-{number:04}: {{ cycle_duration: {600 + number} }} # livevod: allow short-cycle\n" for number in range(3000))
    _, pipeline = team.request(13, files_of(team) + more)
    assert pipeline.state == "success", pipeline.jobs["livevod-plan"].log[-2000:]
    assert 20000 < len(team.host.notes[-1]["body"].encode()) <= 60000
