"""What a story plays in: the emulator as Alibaba Cloud, a git repository, and somebody who edits behind everybody's back."""

import hashlib
import json
import os
import platform
import secrets
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RELEASES = "https://github.com/OWNER/livevod/releases/download"
VERSION = "0.1.0"
STORE = "oss://recordings/livevod"
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
        self.release()
        self.stand_ins()

    # Alibaba Cloud.

    def start_emulator(self):
        port, token = self.folder / "port", self.folder / "token"
        token.write_text(TOKEN)
        roles = [word for role in ROLES for word in ("--role", role)]
        command = [self.binary, "emulator", "--listen", "127.0.0.1:0", "--port-file", port, "--admin", "--limit", "0", "--bucket", "recordings"]
        command += ["--account", ACCOUNT, "--oidc-token-file", token, *roles]
        self.emulator = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not port.exists():
            assert self.emulator.poll() is None
            time.sleep(0.02)
        self.endpoint = f"http://127.0.0.1:{port.read_text().strip()}"

    def stop(self):
        self.emulator.terminate()
        self.emulator.wait(timeout=30)

    def store(self):
        """The store that jobs share, and where it is."""
        return {"LIVEVOD_STORE": STORE, "LIVEVOD_STORE_REGION": "cn-shanghai", "LIVEVOD_STORE_ENDPOINT": self.endpoint}

    def runs(self):
        """The runs in the store, as a machine sees them that never ran anything."""
        folder = self.folder / "elsewhere" / secrets.token_hex(4)
        folder.mkdir(parents=True)
        key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}
        command = [self.binary, "journal", "--format", "json"]
        done = subprocess.run(command, cwd=folder, env={**os.environ, **key, **self.store()}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["runs"]

    def fault(self, text):
        subprocess.run(
            ["curl", "--silent", "--fail", "--request", "PUT", "--data-binary", text, f"{self.endpoint}/_admin/faults"],
            check=True,
            capture_output=True,
        )

    def aired(self, app, stream):
        """A stream was on air for an hour, three hours ago."""
        stamp = lambda ago: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600 * ago))
        session = {"DomainName": "live.example.com", "AppName": app, "StreamName": stream, "PublishTime": stamp(4), "StopTime": stamp(3)}
        subprocess.run(
            ["curl", "--silent", "--fail", "--request", "POST", "--data-binary", json.dumps(session), f"{self.endpoint}/_admin/publish"],
            check=True,
            capture_output=True,
        )

    def in_the_console(self, files):
        """Somebody brings the service to what other files say, past every pull request."""
        file = self.folder / "console.yaml"
        file.write_text(files)
        key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}
        command = [self.binary, "apply", file, "--endpoint", self.endpoint, "--auto-approve", "--max-change", "100%"]
        done = subprocess.run(
            [*command, "--max-delete", "100%"], cwd=self.folder, env={**os.environ, **key}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    # The release that the pipelines install.

    def release(self):
        """What the release workflow publishes for this machine. The program in it calls the one that is tested, so that it is small."""
        self.published = self.folder / "published"
        name = f"livevod-{VERSION}-{platform.machine()}-unknown-linux-musl"
        self.archive = self.published / f"v{VERSION}" / f"{name}.tar.gz"
        self.archive.parent.mkdir(parents=True)
        self.tool("livevod-released", f"#!/bin/sh\nexec {self.binary} \"$@\"\n")
        with tarfile.open(self.archive, "w:gz", compresslevel=1) as archive:
            archive.add(self.tools / "livevod-released", f"{name}/livevod")
            archive.add(ROOT / "templates" / "livevod" / "livevod.sh", f"{name}/ci/gitlab.sh")
        self.checksum = self.archive.with_name(f"{self.archive.name}.sha256")
        self.sha256 = hashlib.sha256(self.archive.read_bytes()).hexdigest()
        self.checksum.write_text(f"{self.sha256}  {self.archive.name}\n")

    def stand_ins(self):
        """`curl` and `gh` as the pipelines know them, except that releases on github.com are files here."""
        self.tool("curl", f"""#!/bin/sh
for word; do
    case $word in {RELEASES}/*) url=$word ;; esac
    [ "${{previous:-}}" != --output ] || output=$word
    previous=$word
done
[ -n "${{url:-}}" ] || exec {shutil.which("curl")} "$@"
case " $* " in *" --proto =https "*) ;; *) exit 1 ;; esac
cp "{self.published}/${{url#{RELEASES}/}}" "$output" || exit 22
""")
        self.tool("gh", f"""#!/bin/sh
set -eu
[ -n "$GH_TOKEN" ]
case "$1 $2" in
"release download")
    [ "$3 $4 $5 $6 $8 ${{10}}" = "v{VERSION} --repo OWNER/livevod --dir --pattern --pattern" ]
    cp "{self.published}/$3/$9" "{self.published}/$3/${{11}}" "$7"
    ;;
"attestation verify")
    [ "$4 $5 $6 $7" = "--repo OWNER/livevod --signer-workflow OWNER/livevod/.github/workflows/release.yml" ]
    [ "$(sha256sum < "$3")" = "{self.sha256}  -" ]
    ;;
*) exit 1 ;;
esac
""")
        for compiler in ("cargo", "rustc", "rustup"):
            self.tool(compiler, f"#!/bin/sh\ntouch '{self.folder}/compiled'\nexit 1\n")

    def tool(self, name, text):
        file = self.tools / name
        file.write_text(text)
        file.chmod(0o755)

    def tampered(self):
        """A release whose archive was replaced, while its checksum stayed: what a job must not run."""
        return Tampered(self)

    # The repository.

    def git(self, *words):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *words], cwd=self.origin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def init(self, template, files):
        """A repository that has a host's workflows and the first files."""
        shutil.copytree(template, self.origin)
        self.git("init", "--quiet")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        (self.origin / "livevod").mkdir()
        return self.commit(files)

    def commit(self, files):
        (self.origin / "livevod" / "livevod.yaml").write_text(files)
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
        self.git("checkout", "--quiet", head, "--", "livevod")
        self.git("commit", "--quiet", "--allow-empty", "--message", "squashed")
        return self.git("rev-parse", "HEAD")

    def nothing_touched(self):
        """No name or title was run as a command, anywhere."""
        assert not list(self.folder.rglob("pwned"))
        assert not (self.folder / "compiled").exists(), "a pipeline compiled something"


class Tampered:
    def __init__(self, world):
        self.world = world

    def __enter__(self):
        self.kept = self.world.archive.read_bytes()
        name = self.world.archive.name.removesuffix(".tar.gz")
        program = self.world.folder / "program"
        program.write_text("#!/bin/sh\ntouch pwned\n")
        program.chmod(0o755)
        with tarfile.open(self.world.archive, "w:gz") as archive:
            archive.add(program, f"{name}/livevod")
        return self

    def with_its_checksum(self):
        """The checksum was replaced too."""
        found = hashlib.sha256(self.world.archive.read_bytes()).hexdigest()
        self.world.checksum.write_text(f"{found}  {self.world.archive.name}\n")

    def __exit__(self, *_):
        self.world.archive.write_bytes(self.kept)
        self.world.checksum.write_text(f"{self.world.sha256}  {self.world.archive.name}\n")


def environment(home, tools):
    """What a job's processes begin with; nothing of the person who runs the test."""
    temporary = home / "temporary"
    temporary.mkdir(parents=True, exist_ok=True)
    return {"TMPDIR": str(temporary), "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "CI": "true"}


def text(path):
    return Path(path).read_text() if Path(path).exists() else ""


def events(content):
    """The events in a file of them."""
    return [json.loads(line) for line in content.splitlines()]
