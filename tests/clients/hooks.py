"""Runs the hooks of `.pre-commit-hooks.yaml` with pre-commit itself, in a repository of its own. Nothing is fetched: the hooks come from a
local clone, and the program that is tested is on the PATH.

    hooks.py BINARY PRE-COMMIT FOLDER
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOOD = "version: 1\n\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE, cycle_duration: 1h }\n"
DOMAIN = 'version: 1\n\ndomains:\n  a.example.com:\n    apps:\n      live:\n        streams:\n          "*": {}\n'


class Scratch:
    """A repository that uses the hooks at a revision of a clone of this one."""

    def __init__(self, folder, binary, pre_commit):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.pre_commit = folder / "work", pre_commit
        self.folder.mkdir(parents=True)
        tools = folder / "tools"
        tools.mkdir()
        (tools / "livevod").symlink_to(binary)
        self.environment = {
            "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "PRE_COMMIT_HOME": str(folder / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
        }
        hooks = folder / "hooks"
        hooks.mkdir()
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        self.revision = self.commit(hooks)
        self.hooks = hooks
        self.git(self.folder, "init", "--quiet")

    def git(self, folder, *words):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *words], cwd=folder, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, folder):
        self.git(folder, "init", "--quiet")
        self.git(folder, "add", "--all")
        self.git(folder, "commit", "--quiet", "--message", "hooks")
        return self.git(folder, "rev-parse", "HEAD")

    def write(self, **files):
        for name, content in files.items():
            path = self.folder / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        self.git(self.folder, "add", "--all")

    def configure(self, *hooks):
        lines = [f"repos:\n- repo: {self.hooks}\n  rev: {self.revision}\n  hooks:\n", *(f"  - {hook}\n" for hook in hooks)]
        (self.folder / ".pre-commit-config.yaml").write_text("".join(lines))
        self.git(self.folder, "add", "--all")

    def run(self, *words):
        done = subprocess.run(
            [self.pre_commit, *words], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return done.returncode, done.stdout


def check(scratch):
    # As the page says: the default places, without arguments.
    scratch.configure("id: livevod-validate", "id: livevod-fmt")
    code, said = scratch.run("validate-config", ".pre-commit-config.yaml")
    assert code == 0, said
    scratch.write(readme_yaml="a: 1\n")
    code, said = scratch.run("run")
    assert code == 0 and said.count("(no files to check)Skipped") == 2, said
    scratch.write(livevod__common_yaml=GOOD, livevod__a_yaml=DOMAIN)
    code, said = scratch.run("run")
    assert code == 0 and said.count("Passed") == 2, said
    # A file is wrong only together with another one, which was not changed: the folder is checked as one.
    scratch.git(scratch.folder, "commit", "--quiet", "--message", "files")
    scratch.write(livevod__common_yaml="version: 1\n")
    code, said = scratch.run("run", "livevod-validate")
    assert code == 1 and "missing-group" in said and "livevod/a.yaml:8" in said, said
    # What is not canonical is rewritten, and the commit is stopped once.
    scratch.write(livevod__common_yaml=GOOD.replace("version: 1", "version:    1"))
    code, said = scratch.run("run", "livevod-fmt")
    assert code == 1 and "files were modified by this hook" in said, said
    assert (scratch.folder / "livevod" / "common.yaml").read_text().startswith("version: 1\n")
    code, said = scratch.run("run", "--all-files")
    assert code == 0 and said.count("Passed") == 2, said
    # Another folder.
    shutil.move(scratch.folder / "livevod", scratch.folder / "live")
    scratch.configure("{ id: livevod-validate, args: [live], files: '^live/' }", "{ id: livevod-fmt, args: [live], files: '^live/' }")
    code, said = scratch.run("run", "--all-files")
    assert code == 0 and said.count("Passed") == 2, said
    # And as somebody tries them before they configure anything.
    scratch.write(livevod_yaml=GOOD + DOMAIN.removeprefix("version: 1\n"))
    code, said = scratch.run("try-repo", str(scratch.hooks), "livevod-validate", "--files", "livevod.yaml")
    assert code == 0 and re.search(r"livevod validate\.+Passed", said), said


def main():
    binary, pre_commit, folder = (Path(os.path.abspath(path)) for path in sys.argv[1:])
    check(Scratch(folder, binary, pre_commit))
    print("hooks: pre-commit runs livevod-validate and livevod-fmt as documented")


if __name__ == "__main__":
    main()
