"""Reads the pipelines as their hosts would: actionlint with shellcheck over scripts, the published schemas, and a few rules
that no linter has."""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from ruamel.yaml import YAML

from actions import EXPRESSION, load
from pipelines import INPUT, documents, pipeline_file, resolve


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
    gitlab(folder.parents[1], folder / "gitlab", tools)
    shell(folder / "shell", tools)
    releases(folder.parents[1])
    for workflow in workflows:
        rules(load(workflow))
    lock(load(github / "workflows" / "livevod-apply.yml"))
    policies(folder.parents[1] / "docs" / "pull-requests.md")
    resource_group(pipeline_file(folder / "gitlab", {}))
    print(f"ci: {len(workflows)} workflows, the GitLab component and the shell pipelines linted")


def own(root, tools, path):
    """The workflows and the action of livevod itself, and their scripts."""
    workflows = sorted((root / ".github" / "workflows").glob("*.yml"))
    run(tools / "actionlint", "-no-color", "-shellcheck", tools / "shellcheck", *workflows, env=path)
    run(tools / "shellcheck", *sorted((root / ".ci").iterdir()), root / ".github" / "install.sh", root / "templates" / "livevod" / "livevod.sh")
    run(tools / "zizmor", "--offline", "--quiet", "--min-severity", "medium", root / ".github", root / "action.yml", env=path)
    schema("vendor.github-workflows", *workflows)
    schema("vendor.github-actions", root / "action.yml")


def gitlab(root, folder, tools):
    """The component, the copy of it that `init --ci gitlab` writes, and the pipeline that includes it."""
    component = root / "templates" / "livevod" / "template.yml"
    assert component.read_bytes() == (folder / ".gitlab" / "livevod.yml").read_bytes(), "copy template.yml to examples/ci/gitlab/.gitlab"
    included = {name: one for include in documents(folder / ".gitlab-ci.yml")[1]["include"] for name, one in include["inputs"].items()}
    assert set(included) <= set(documents(component)[0]), "the pipeline passes an input that the component does not have"
    for file in (component, folder / ".gitlab-ci.yml"):
        consistent(file)
        filled(file)
    first, second = (resolve(component, {"prefix": prefix, "lock": f"{prefix}lock", "apply-when": "manual"}) for prefix in ("a-", "b-"))
    assert not set(first) & set(second), "two targets share a job"
    assert first["a-apply"]["resource_group"] == "a-lock", "two targets share a lock"
    assert first["a-apply"]["rules"][0]["when"] == "manual"
    for name, job in resolve(component, {}).items():
        script(name, job, resolve(component, {})[".livevod-base"], tools)


def consistent(file):
    """Every input that is used is declared with a default, and every declared one is used, never in a script."""
    header, _, body = file.read_text().partition("\n---\n")
    declared, jobs = documents(file)
    used = set(INPUT.findall(body))
    assert used == set(declared), f"{file}: declared or used alone: {used ^ set(declared)}"
    assert body.count("$[[") == len(INPUT.findall(body)) and "$[[" not in header, f"{file}: an interpolation that can't be read"
    for name, one in declared.items():
        assert "description" in one and "default" in one, f"{file}: {name}"
    for name, job in jobs.items():
        lines = [*job.get("before_script", []), *job.get("script", [])] if isinstance(job, dict) else []
        assert not any("$[[" in line for line in lines), f"{file}: {name} puts an input into a script"


def filled(file):
    """The file with its inputs filled in is a pipeline, and its header is a header."""
    with tempfile.TemporaryDirectory() as folder:
        whole, header = Path(folder) / ".gitlab-ci.yml", Path(folder) / "header.yml"
        with whole.open("w") as out:
            YAML(typ="safe").dump(resolve(file, {}), out)
        header.write_text(file.read_text().partition("\n---\n")[0])
        schema("vendor.gitlab-ci", whole, header)


def script(name, job, base, tools):
    """The lines of a job as one bash script, as the runner makes it."""
    if "script" not in job:
        return
    lines = "\n".join(["#!/usr/bin/env bash", *base["before_script"], *job["script"]])
    done = subprocess.run([tools / "shellcheck", "-"], input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stdout}"


def shell(folder, tools):
    """Jenkins and Flow have no linter that runs here: the file can be read, its scripts are right, and it sets only known variables."""
    known = set(re.findall(r"LIVEVOD_[A-Z0-9_]+", (folder / "livevod.sh").read_text())) | {"LIVEVOD_PLAN_CODE"}
    jenkins = (folder / "Jenkinsfile").read_text()
    for file in sorted(folder.glob("flow-*.yml")):
        flow = load(file)
        for job in (job for stage in flow["stages"].values() for job in stage["jobs"].values()):
            steps = job.get("steps", {}).values()
            assert steps or job["component"] == "ManualValidate", file
            for step in steps:
                assert step["step"] == "Command"
                sh(step["with"]["run"], tools)
        assert {one["key"] for one in flow["variables"]} <= known, file
    assert next(iter(load(folder / "flow-apply.yml")["stages"])) == "approve" and "triggerEvents" not in load(folder / "flow-apply.yml")["sources"]["files"]
    code = re.sub(r"'[^'\n]*'|//[^\n]*", "", jenkins)
    for pair in ("{}", "()", "[]"):
        assert code.count(pair[0]) == code.count(pair[1]), f"Jenkinsfile: {pair}"
    commands = re.findall(r"\bsh '([^']*)'", jenkins)
    assert commands == [f"ci/livevod.sh {command}" for command in ("drift", "plan", "apply")]
    for command in commands:
        sh(command, tools)
    assert set(re.findall(r"LIVEVOD_[A-Z0-9_]+", jenkins)) <= known


def sh(text, tools):
    done = subprocess.run([tools / "shellcheck", "--shell", "sh", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def releases(root):
    """Every pipeline installs this version from a release, and none compiles."""
    version = tomllib.loads((root / "Cargo.toml").read_text())["package"]["version"]
    files = [file for folder in ("examples/ci", "templates") for file in (root / folder).rglob("*") if file.is_file()]
    pinned = 0
    for file in [*files, root / "action.yml", root / ".github" / "install.sh"]:
        text = file.read_text()
        assert not re.search(r"\b(cargo|rustc|rustup|make|npm|pip)\b", text), f"{file} compiles or installs a package"
        found = re.findall(r"(?:VERSION:?=|version: |default: |value: |VERSION = |# v|@v)[\"']?(\d+\.\d+\.\d+)", text)
        found = [one for one in found if f"v{one}" not in ("v6.1.0", "v7.0.0")]
        assert set(found) <= {version}, f"{file} pins {found}, this is {version}"
        pinned += len(found)
    assert pinned >= 10, pinned


def rules(workflow):
    assert "pull_request_target" not in workflow["on"], "a stranger's files would run with rights"
    assert "permissions" in workflow and not any("permissions" in job for job in workflow["jobs"].values())
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert not EXPRESSION.search(step.get("run", "")), step
            for value in (step.get("env") or {}).values():
                assert value in ("${{ github.token }}", "${{ steps.reviewed.outputs.digest }}", "${{ secrets.LIVEVOD_HEARTBEAT_URL }}"), value


def lock(apply):
    assert apply["concurrency"] == {"group": "livevod-apply", "cancel-in-progress": False, "queue": "max"}
    job, = apply["jobs"].values()
    assert job["environment"] == "production" and apply["on"]["push"]["branches"] == ["main"]


def resource_group(pipeline):
    for name, job in pipeline.items():
        locked = isinstance(job, dict) and "resource_group" in job
        assert locked == (name == "livevod-apply"), name
    apply = pipeline["livevod-apply"]
    assert apply["environment"] == "production" and apply["interruptible"] is False


def policies(page):
    """The RAM policies of the page: two trust policies, one for reading, and one that also writes, but only to named domains."""
    texts = re.findall(r"^```json\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    reading_trust, reads, writing_trust, writes = (json.loads(text) for text in texts)
    for trust in (reading_trust, writing_trust):
        (statement,) = trust["Statement"]
        assert statement["Action"] == "sts:AssumeRole" and set(statement["Condition"]["StringEquals"]) == {"oidc:iss", "oidc:aud", "oidc:sub"}
    subjects = writing_trust["Statement"][0]["Condition"]["StringEquals"]["oidc:sub"]
    assert subjects == ["repo:OWNER/REPO:environment:production"]
    actions = [["live:DescribeLiveRecordVodConfigs"], ["live:DescribeLiveStreamsOnlineList"]]
    assert [one["Action"] for one in reads["Statement"]] == actions
    *reading, writing = writes["Statement"]
    assert reading == reads["Statement"]
    assert writing["Action"] == [f"live:{verb}LiveRecordVodConfig" for verb in ("Add", "Update", "Delete")]
    assert all(one.startswith("acs:cdn:*:ACCOUNT:domain/") for one in writing["Resource"])
