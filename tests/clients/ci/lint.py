"""Reads the pipelines as their hosts would: actionlint with shellcheck over scripts, the published schemas, and a few rules
that no linter has."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from actions import EXPRESSION, load


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr


def schema(name, *files):
    run(Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", name, *files)


def lint(folder, tools):
    github = folder / "github" / ".github"
    workflows = sorted(github.glob("workflows/*.yml"))
    path = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    run(tools / "actionlint", "-no-color", "-shellcheck", tools / "shellcheck", *workflows, env=path)
    run(tools / "shellcheck", *sorted(folder.rglob("*.sh")))
    own(folder.parents[1], tools, path)
    run(tools / "zizmor", "--offline", "--quiet", "--min-severity", "medium", folder / "github", env=path)
    schema("vendor.github-workflows", *workflows)
    schema("vendor.github-actions", github / "actions" / "livevod" / "action.yml")
    schema("vendor.gitlab-ci", folder / "gitlab" / ".gitlab-ci.yml")
    for workflow in workflows:
        rules(load(workflow))
    lock(load(github / "workflows" / "livevod-apply.yml"))
    policies(folder.parents[1] / "docs" / "pull-requests.md")
    resource_group(load(folder / "gitlab" / ".gitlab-ci.yml"))
    print(f"ci: {len(workflows)} workflows and a pipeline linted")


def own(root, tools, path):
    """The workflows and the action of livevod itself, and their scripts."""
    workflows = sorted((root / ".github" / "workflows").glob("*.yml"))
    run(tools / "actionlint", "-no-color", "-shellcheck", tools / "shellcheck", *workflows, env=path)
    run(tools / "shellcheck", root / ".ci" / "run", root / ".ci" / "package", root / ".ci" / "installed", root / ".ci" / "oldest", root / ".github" / "install.sh")
    run(tools / "zizmor", "--offline", "--quiet", "--min-severity", "medium", root / ".github", root / "action.yml", env=path)
    schema("vendor.github-workflows", *workflows)
    schema("vendor.github-actions", root / "action.yml")


def rules(workflow):
    assert "pull_request_target" not in workflow["on"], "a stranger's files would run with rights"
    assert "permissions" in workflow and not any("permissions" in job for job in workflow["jobs"].values())
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert not EXPRESSION.search(step.get("run", "")), step
            for value in (step.get("env") or {}).values():
                assert value in ("${{ github.token }}", "${{ steps.reviewed.outputs.digest }}"), value


def lock(apply):
    assert apply["concurrency"] == {"group": "livevod-apply", "cancel-in-progress": False, "queue": "max"}
    job, = apply["jobs"].values()
    assert job["environment"] == "production" and apply["on"]["push"]["branches"] == ["main"]


def resource_group(pipeline):
    for name, job in pipeline.items():
        locked = isinstance(job, dict) and "resource_group" in job
        assert locked == (name == "apply"), name
    assert pipeline["apply"]["environment"] == "production" and pipeline["apply"]["interruptible"] is False


def policies(page):
    """The RAM policies of the page: two trust policies, one for reading, and one that also writes, but only to named domains."""
    texts = re.findall(r"^```json\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    reading_trust, reads, writing_trust, writes = (json.loads(text) for text in texts)
    for trust in (reading_trust, writing_trust):
        (statement,) = trust["Statement"]
        assert statement["Action"] == "sts:AssumeRole" and set(statement["Condition"]["StringEquals"]) == {"oidc:iss", "oidc:aud", "oidc:sub"}
    subjects = writing_trust["Statement"][0]["Condition"]["StringEquals"]["oidc:sub"]
    assert subjects == ["repo:OWNER/REPO:environment:production"]
    assert [one["Action"] for one in reads["Statement"]] == [["live:DescribeLiveRecordVodConfigs"]]
    reading, writing = writes["Statement"]
    assert reading == reads["Statement"][0]
    assert writing["Action"] == [f"live:{verb}LiveRecordVodConfig" for verb in ("Add", "Update", "Delete")]
    assert all(one.startswith("acs:cdn:*:ACCOUNT:domain/") for one in writing["Resource"])
