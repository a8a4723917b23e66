"""The setting of a story: the emulator as Alibaba Cloud, a git repository, and edits in the console."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

ROLES = ["livevod-plan", "livevod-apply"]
ACCOUNT = "1234567890123456"
TOKEN = "header.claims.signature"
HOSTILE = "$(touch pwned)`touch pwned`\";touch pwned;'|touch pwned #${{ github.token }}"


class World:
    def __init__(self, folder, binary):
        self.folder, self.binary = folder, binary
        self.origin = folder / "origin"
        self.tools = folder / "tools"
        self.tools.mkdir(parents=True)
        self.start_emulator()
        self.install_cargo()

    # Alibaba Cloud.

    def start_emulator(self):
        port, token = self.folder / "port", self.folder / "token"
        token.write_text(TOKEN)
        roles = [word for role in ROLES for word in ("--role", role)]
        command = [self.binary, "emulator", "--listen", "127.0.0.1:0", "--port-file", port, "--admin", "--limit", "0"]
        command += ["--account", ACCOUNT, "--oidc-token-file", token, *roles]
        self.emulator = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not port.exists():
            assert self.emulator.poll() is None
            time.sleep(0.02)
        self.endpoint = f"http://127.0.0.1:{port.read_text().strip()}"

    def stop(self):
        self.emulator.terminate()
        self.emulator.wait(timeout=30)

    def fault(self, text):
        subprocess.run(
            ["curl", "--silent", "--fail", "--request", "PUT", "--data-binary", text, f"{self.endpoint}/_admin/faults"],
            check=True,
            capture_output=True,
        )

    def in_the_console(self, files):
        """Changes the service to the state of other files, without a pull request."""
        file = self.folder / "console.yaml"
        file.write_text(files)
        key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}
        command = [self.binary, "apply", file, "--endpoint", self.endpoint, "--auto-approve", "--max-change", "100%"]
        done = subprocess.run(
            [*command, "--max-delete", "100%"], cwd=self.folder, env={**os.environ, **key}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    # The build that replaces `cargo install`.

    def install_cargo(self):
        cargo = self.tools / "cargo"
        cargo.write_text(f"""#!/bin/sh
set -eu
case "$4" in https://git*.com/OWNER/livevod) ;; *) exit 1 ;; esac
[ "$1 $2 $3 $5 $6 $7 $9" = "install --locked --git --rev {"0" * 40} --root livevod" ]
mkdir -p "$8/bin"
cp "{self.binary}" "$8/bin/livevod"
""")
        cargo.chmod(0o755)

    # The repository.

    def git(self, *words):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *words], cwd=self.origin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def init(self, template, files):
        """A repository with a host's workflows and the first files."""
        shutil.copytree(template, self.origin)
        self.git("init", "--quiet")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        (self.origin / "live").mkdir()
        return self.commit(files)

    def commit(self, files):
        (self.origin / "live" / "livevod.yaml").write_text(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def branch(self, name, files):
        """A branch with these files: its head, and the commit that a merge into main would make."""
        self.git("checkout", "--quiet", "-B", name, "main")
        head = self.commit(files)
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "test merge", head)
        merge = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "main")
        return head, merge

    def squash(self, head):
        self.git("checkout", "--quiet", "main")
        self.git("checkout", "--quiet", head, "--", "live")
        self.git("commit", "--quiet", "--allow-empty", "--message", "squashed")
        return self.git("rev-parse", "HEAD")

    def nothing_touched(self):
        """No name or title was executed as a command."""
        assert not list(self.folder.rglob("pwned"))


def environment(home, tools):
    """The environment of a job's processes, without the environment of the test."""
    home.mkdir(parents=True, exist_ok=True)
    return {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "CI": "true"}


def text(path):
    return Path(path).read_text() if Path(path).exists() else ""


def events(content):
    """The events in a file."""
    return [json.loads(line) for line in content.splitlines()]
