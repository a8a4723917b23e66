"""Runs pipelines as GitLab's runners do, as far as this one goes: inputs and includes, the jobs that the rules take in, in the order of
their stages, each with its `before_script` and `script` as they stand in the file."""

import re
import secrets
import subprocess

from ruamel.yaml import YAML

from gitlab import PROJECT, expand, holds
from world import TOKEN, environment, text

VARIABLE_LIMIT = 1024
INPUT = re.compile(r"\$\[\[ inputs\.([a-z0-9-]+) \]\]")


class Invalid(Exception):
    """A configuration or an input from which GitLab makes no pipeline."""


def documents(file):
    """The inputs that a file declares, and what follows them."""
    header, _, body = file.read_text().partition("\n---\n")
    yaml = YAML(typ="safe")
    return yaml.load(header)["spec"]["inputs"], yaml.load(body)


def resolve(file, given):
    """A configuration with its inputs filled in."""
    declared, body = documents(file)
    if set(given) - set(declared):
        raise Invalid(f"unknown inputs: {set(given) - set(declared)}")
    values = {name: value_of(name, one, given) for name, one in declared.items()}
    return fill(body, values)


def value_of(name, declared, given):
    value = given.get(name, declared.get("default"))
    kind = {"array": list, "boolean": bool}.get(declared.get("type"), str)
    if not isinstance(value, kind):
        raise Invalid(f"{name} is no {kind.__name__}")
    if "regex" in declared and not re.search(declared["regex"].replace("$", r"\Z"), value):
        raise Invalid(f"{name} does not match")
    if "options" in declared and value not in declared["options"]:
        raise Invalid(f"{name} is none of the options")
    return value


def fill(node, values):
    if isinstance(node, dict):
        return {fill(key, values): fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [fill(one, values) for one in node]
    if not isinstance(node, str):
        return node
    if whole := INPUT.fullmatch(node):
        return values[whole[1]]
    return INPUT.sub(lambda found: str(values[found[1]]), node)


def pipeline_file(folder, given):
    """The pipeline of a repository, with what it includes."""
    file = resolve(folder / ".gitlab-ci.yml", given)
    whole = {}
    for include in file.pop("include"):
        whole |= resolve(folder / include["local"], include["inputs"])
    return whole | file


class Pipeline:
    def __init__(self, host, world, file, variables, sha):
        self.host, self.world, self.file, self.sha, self.number = host, world, file, sha, host.next()
        self.variables = {
            "CI_API_V4_URL": f"{host.url}/api/v4",
            "CI_COMMIT_SHA": sha,
            "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_ID": str(PROJECT),
            "CI_PROJECT_URL": "https://gitlab.example.com/platform/recordings",
            "LIVEVOD_ENDPOINT": world.endpoint,
        } | variables
        self.jobs = {}

    def run(self):
        if not any(holds(rule, self.variables, []) for rule in self.file["workflow"]["rules"]):
            return self
        named = {name: job for name, job in self.file.items() if isinstance(job, dict) and "stage" in job}
        for stage in self.file["stages"]:
            for name, job in named.items():
                rule = next((rule for rule in job["rules"] if holds(rule, self.variables, ["livevod/livevod.yaml"])), None)
                if job["stage"] == stage and rule:
                    self.jobs[name] = Job(self, name, self.extended(job))
                    if rule.get("when", "on_success") == "on_success":
                        self.jobs[name].run()
            if any(job.state == "failed" for job in self.jobs.values()):
                break
        return self

    def extended(self, job):
        base = self.file[job["extends"]]
        return {**base, **job, "variables": base["variables"] | job.get("variables", {})}

    def retry(self, name):
        self.jobs[name] = Job(self, name, self.jobs[name].job).run()
        return self.jobs[name]

    @property
    def state(self):
        return "failed" if any(job.state == "failed" for job in self.jobs.values()) else "success"


class Job:
    def __init__(self, pipeline, name, job):
        self.pipeline, self.name, self.job, self.id = pipeline, name, job, pipeline.host.next()
        self.state = "manual"
        self.folder = pipeline.world.folder / "jobs" / secrets.token_hex(4)
        self.workspace = self.folder / "work"
        self.workspace.mkdir(parents=True)

    def run(self):
        self.check_out()
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(self.job["before_script"] + self.job["script"])],
            cwd=self.workspace,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.log, self.state = done.stdout, "failed" if done.returncode else "success"
        assert self.pipeline.host.token not in self.log and TOKEN not in self.log
        self.keep()
        return self

    def environment(self):
        variables = {**self.pipeline.variables, "CI_JOB_ID": str(self.id), "CI_JOB_URL": f"https://gitlab.example.com/-/jobs/{self.id}"}
        variables["CI_PROJECT_DIR"] = str(self.workspace)
        if self.job.get("environment") == "production":
            variables["LIVEVOD_APPLY_ROLE_ARN"] = "acs:ram::1234567890123456:role/livevod-apply"
        for name, token in self.job.get("id_tokens", {}).items():
            assert token == {"aud": "sts.aliyuncs.com"}
            variables[name] = TOKEN
        variables |= {name: expand(value, variables) for name, value in self.job.get("variables", {}).items()}
        assert all(len(value) < VARIABLE_LIMIT for value in variables.values())
        return environment(self.folder / "home", self.pipeline.world.tools) | variables

    def check_out(self):
        git = ["git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false"]
        origin = f"file://{self.pipeline.world.origin}"
        fetch = ["fetch", "--quiet", "--depth", "20", "origin", self.pipeline.sha]
        for words in (["init", "--quiet"], ["remote", "add", "origin", origin], fetch, ["checkout", "--quiet", "FETCH_HEAD"]):
            subprocess.run([*git, *words], cwd=self.workspace, check=True, capture_output=True)

    def keep(self):
        """Artifacts, and reports beside them."""
        artifacts = self.job.get("artifacts", {})
        self.kept = {}
        if self.state == "success" or artifacts.get("when") == "always":
            for path in [*artifacts.get("paths", []), *artifacts.get("reports", {}).values()]:
                place = self.workspace / path
                for file in [place] if place.is_file() else place.rglob("*"):
                    if file.is_file():
                        self.kept[str(file.relative_to(self.workspace))] = file.read_bytes()
        made = {"id": self.id, "name": self.name, "status": self.state, "pipeline": self.pipeline.number, "files": self.kept}
        self.pipeline.host.jobs.append(made)


def report(job, kind):
    """The report of a kind, as GitLab reads it."""
    return text(job.workspace / job.job["artifacts"]["reports"][kind])
