"""Lints the pipelines under `examples/ci`, then plays them: their scripts run unchanged, against livevod's
emulator and a stand-in for the code host's API.

    ci BINARY EXAMPLES TOOLS

TOOLS is the folder of actionlint and shellcheck.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import on_github
import on_gitlab
import on_shell
from lint import lint


def main():
    binary, examples, tools = (Path(path).resolve() for path in sys.argv[1:])
    for command in ("jq", "curl", "git", "unzip"):
        subprocess.run([command, "--version" if command != "unzip" else "-v"], check=True, capture_output=True)
    lint(examples / "ci", tools)
    quickstart = (examples / "quickstart" / "livevod.yaml").read_text()
    with tempfile.TemporaryDirectory() as folder:
        on_github.story(Path(folder) / "github", binary, examples / "ci" / "github", quickstart)
        on_gitlab.story(Path(folder) / "gitlab", binary, examples / "ci" / "gitlab", quickstart)
        on_shell.story(Path(folder) / "shell", binary, examples / "ci" / "shell", quickstart)
    print("ci: the stories of GitHub, GitLab and the shell went as they should")


if __name__ == "__main__":
    main()
