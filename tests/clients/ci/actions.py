"""Runs jobs of workflows as GitHub's runners do, as far as these workflows need it: each `run` as written in the file, with the
environment, outputs, summary, artifacts and token permissions that the file gives it."""

import fnmatch
import json
import os
import re
import secrets
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from github import REPOSITORY
from world import ROOT, environment, text

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
# Linux allows 128 KiB for one variable; nothing here should come close to that.
VARIABLE_LIMIT = 1024


def load(path):
    return YAML(typ="safe").load(path)


class Context(dict):
    """The contexts of expressions. A missing name is null."""

    def look_up(self, path):
        value = self
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def evaluate(self, expression, state="success"):
        """The few expressions that the workflows use: paths, literals, ==, !=, &&, ||, and the functions of a step's state."""
        words = re.findall(r"'[^']*'|[\w.-]+\(\)|[\w.-]+|==|!=|&&|\|\||[()]", expression)
        operators = {"==": "==", "!=": "!=", "&&": "and", "||": "or", "(": "(", ")": ")"}
        states = {"success()": state == "success", "failure()": state == "failure", "always()": True}
        source = []
        for word in words:
            if word in operators:
                source.append(operators[word])
            elif word in states:
                source.append(repr(states[word]))
            else:
                source.append(repr(word[1:-1] if word.startswith("'") else self.look_up(word)))
        return eval(" ".join(source), {"__builtins__": {}})

    def fill(self, value):
        """A value with its expressions replaced."""
        return EXPRESSION.sub(lambda found: str(self.evaluate(found[1]) or ""), str(value))


class Job:
    """One run of a job: its result, its summary, its log."""

    def __init__(self, host, world, workflow, event_name, event, sha, ref, fork=False, attempt=1, stored=True):
        self.host, self.world, self.workflow = host, world, workflow
        self.sha, self.fork, self.attempt, self.stored = sha, fork, attempt, stored
        (self.name, self.job), = workflow["jobs"].items()
        self.folder = world.folder / "jobs" / secrets.token_hex(4)
        self.workspace, self.temporary = self.folder / "work", self.folder / "temp"
        for folder in (self.workspace, self.temporary):
            folder.mkdir(parents=True)
        self.state, self.log, self.outcomes, self.uploads = "success", "", {}, {}
        self.begin(event_name, event, ref)

    def begin(self, event_name, event, ref):
        self.folder.joinpath("event.json").write_text(json.dumps(event))
        run = str(self.host.next())
        permissions = {scope: "read" for scope in ("contents",)} if self.fork else dict(self.workflow["permissions"])
        token = f"ghs_{secrets.token_hex(16)}"
        self.host.grant(token, permissions)
        self.secrets = [token]
        github = {"event": event, "repository": REPOSITORY, "ref": ref, "token": token, "run_id": run, "run_attempt": self.attempt}
        variables = {
            "LIVEVOD_OIDC_PROVIDER_ARN": "acs:ram::1234567890123456:oidc-provider/github",
            "LIVEVOD_PLAN_ROLE_ARN": "acs:ram::1234567890123456:role/livevod-plan",
        }
        if self.stored:
            variables |= {name: value for name, value in self.world.store().items() if name != "LIVEVOD_STORE_ENDPOINT"}
        if self.job.get("environment") == "production":
            variables["LIVEVOD_APPLY_ROLE_ARN"] = "acs:ram::1234567890123456:role/livevod-apply"
        runner = {"temp": str(self.temporary), "os": "Linux", "arch": "X64"}
        held = {} if self.fork else {"LIVEVOD_HEARTBEAT_URL": f"{self.host.url}/heartbeat"}
        self.context = Context(github=github, vars={} if self.fork else variables, secrets=held, runner=runner, steps={})
        self.environment = environment(self.folder / "home", self.world.tools) | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.host.url,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_HEAD_REF": event.get("pull_request", {}).get("head", {}).get("ref", ""),
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": run,
            "GITHUB_SERVER_URL": "https://github.example.com",
            "GITHUB_SHA": self.sha,
            "LIVEVOD_ENDPOINT": self.world.endpoint,
            "LIVEVOD_STORE_ENDPOINT": self.world.endpoint,
            "RUNNER_TEMP": str(self.temporary),
        }
        if permissions.get("id-token") == "write":
            request = f"request-{secrets.token_hex(8)}"
            self.host.grant(request, {"request-token": "read"})
            self.secrets.append(request)
            url = f"{self.host.url}/oidc?api-version=2.0"
            self.environment |= {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": request, "ACTIONS_ID_TOKEN_REQUEST_URL": url}

    def run(self):
        if "if" in self.job and not self.context.evaluate(self.job["if"]):
            self.state = "skipped"
            return self
        own = {name: self.context.fill(value) for name, value in (self.job.get("env") or {}).items()}
        self.environment |= own
        for step in self.job["steps"]:
            self.step(step)
        for secret in self.secrets:
            assert secret not in self.log + self.summary, "a token was shown"
        return self

    def step(self, step):
        if not self.context.evaluate(step.get("if", "success()"), self.state):
            return
        done = self.use(step) if "uses" in step else self.shell(step)
        if not done and not step.get("continue-on-error"):
            self.state = "failure"
        self.outcomes[step.get("name", step.get("uses"))] = done

    def shell(self, step):
        script = step["run"]
        assert not EXPRESSION.search(script), f"an expression in a script: {script}"
        files = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        variables = {name: self.context.fill(value) for name, value in step.get("env", {}).items()}
        variables |= {name: str(file) for name, file in files.items()}
        variables["GITHUB_STEP_SUMMARY"] = str(self.folder / "summary")
        every = self.environment | variables
        assert all(len(value) < VARIABLE_LIMIT for value in every.values()), "a variable is too long to be one"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env=every,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.log += done.stdout
        self.take(step, files)
        return done.returncode == 0

    def take(self, step, files):
        """The effects of a step on later steps."""
        pairs = {name: dict(line.split("=", 1) for line in text(files[name]).splitlines()) for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
        self.environment |= pairs["GITHUB_ENV"]
        for folder in text(files["GITHUB_PATH"]).splitlines():
            self.environment["PATH"] = f"{folder}:{self.environment['PATH']}"
        if "id" in step:
            self.context["steps"][step["id"]] = {"outputs": pairs["GITHUB_OUTPUT"]}

    @property
    def summary(self):
        return text(self.folder / "summary")

    def use(self, step):
        inputs = {name: self.context.fill(value) if isinstance(value, str) else value for name, value in step.get("with", {}).items()}
        if step["uses"].startswith("./"):
            return self.composite(self.workspace / step["uses"] / "action.yml", inputs)
        if step["uses"] == f"OWNER/livevod@{'0' * 40}":
            return self.composite(ROOT / "action.yml", inputs)
        action = step["uses"].partition("@")[0].replace("/", "_").replace("-", "_")
        return getattr(self, action)(step, inputs)

    def composite(self, path, inputs):
        action = load(path)
        declared = action.get("inputs", {})
        assert set(inputs) <= set(declared), inputs
        self.context["inputs"] = {name: self.context.fill(one["default"]) for name, one in declared.items()} | inputs
        self.environment["GITHUB_ACTION_PATH"] = str(path.parent)
        for step in action["runs"]["steps"]:
            self.step(step)
        return self.state == "success"

    # The official actions.

    def actions_checkout(self, _step, inputs):
        assert inputs["persist-credentials"] is False, "the token would stay in .git/config"
        git = ["git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false"]
        fetch = ["fetch", "--quiet", "--depth", str(inputs.get("fetch-depth", 1)), f"file://{self.world.origin}", self.sha]
        for words in (["init", "--quiet"], fetch, ["checkout", "--quiet", "FETCH_HEAD"]):
            subprocess.run([*git, *words], cwd=self.workspace, check=True, capture_output=True)
        return True

    def places(self, inputs):
        home = self.environment["HOME"]
        return [self.workspace / line.strip().replace("~", home, 1) for line in inputs["path"].strip().splitlines()]

    def actions_upload_artifact(self, _step, inputs):
        found = {}
        for place in self.places(inputs):
            for file in [place] if place.is_file() else place.rglob("*"):
                name = file.relative_to(self.workspace)
                hidden = any(part.startswith(".") for part in name.parts)
                if file.is_file() and (not hidden or inputs.get("include-hidden-files")):
                    found[str(name)] = file.read_bytes()
        if not found and inputs.get("if-no-files-found") == "error":
            return False
        self.uploads[inputs["name"]] = found
        self.host.add_artifact(inputs["name"], found, foreign=self.fork)
        return True


def triggered(workflow, event_name, branch, paths):
    """Whether this event starts the workflow."""
    if event_name not in workflow["on"]:
        return False
    rule = workflow["on"][event_name]
    rule = rule if isinstance(rule, dict) else {}
    branches, globs = rule.get("branches", ["**"]), rule.get("paths", ["**"])
    wanted = any(fnmatch.fnmatch(branch, glob) for glob in branches)
    return wanted and any(fnmatch.fnmatch(path, glob) for path in paths for glob in globs)
