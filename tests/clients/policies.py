"""Lets two policy engines check plans in the shape of `terraform show -json`: checkov, and Rego, with the policies under
examples/policy. A plan that is seeded with what they forbid must fail, and one without must pass.

    policies.py BINARY CHECKOV POLICIES
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from regopy import Interpreter

GOOD = """\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1, cycle_duration: 30m }
domains:
  live.example.com:
    prune: true
    apps:
      show: { streams: { cam1: {}, cam2: {} } }
      news: { streams: { desk: {}, "*": {} } }
"""
CHECK = "CUSTOM_LIVEVOD_1"

# Name, contents of `livevod.yaml`, addresses that checkov must fail, how many more it must pass, and what Rego must deny.
CASES = [
    ("a good plan", GOOD.replace("cam1: {}", "cam1: { cycle_duration: 1h }"), [], 1, []),
    (
        "files that are too long",
        GOOD.replace("cam1: {}", "cam1: { cycle_duration: 2h }").replace("cam2: {}", "cam2: { cycle_duration: 20m }"),
        ["live.example.com/show/cam1"],
        1,
        ["live.example.com/show/cam1: files of 7200 s are longer than an hour"],
    ),
    (
        "a delete of what is never deleted",
        GOOD.replace("desk: {}, ", ""),
        [],
        0,
        ["live.example.com/news/desk: configurations of the app news are never deleted or replaced"],
    ),
    (
        "a delete that nothing records after",
        GOOD.replace(", cam2: {}", ""),
        [],
        0,
        ["live.example.com/show/cam2: nothing would record it any more"],
    ),
]


def checked(checkov, policies, document):
    """The addresses that checkov fails, and how many it passes."""
    run = subprocess.run(
        [checkov, "--file", document, "--framework", "terraform_plan", "--skip-download", "--output", "json"]
        + ["--external-checks-dir", policies / "checkov", "--check", CHECK],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    report = json.loads(run.stdout)
    results = report.get("results", {"failed_checks": [], "passed_checks": []})
    failed, passed = results["failed_checks"], results["passed_checks"]
    assert run.returncode == (1 if failed else 0), run.stderr
    # A finding can only point at lines if the document is read line by line.
    assert all(one["file_line_range"][0] > 0 for one in failed + passed), run.stdout
    return sorted(one["resource"] for one in failed), len(passed)


def denied(policies, document):
    """What the Rego policy denies."""
    rego = Interpreter()
    rego.add_module("livevod", (policies / "livevod.rego").read_text())
    rego.set_input(json.loads(document.read_text()))
    return sorted(json.loads(str(rego.query("data.livevod.deny")))["expressions"][0])


def main():
    binary, checkov, policies = (Path(path).resolve() for path in sys.argv[1:])
    for name, files, failed, passed, messages in CASES:
        with tempfile.TemporaryDirectory() as folder:
            yaml, document = Path(folder) / "livevod.yaml", Path(folder) / "plan.json"
            yaml.write_text(GOOD)
            apply = [binary, "apply", "--emulator", "--auto-approve"]
            subprocess.run(apply, cwd=folder, check=True, capture_output=True, timeout=60)
            yaml.write_text(files)
            plan = [binary, "plan", "--emulator", "--format", "terraform-json"]
            document.write_bytes(subprocess.run(plan, cwd=folder, check=True, capture_output=True, timeout=60).stdout)
            addresses = [f'alicloud_live_record_vod.this["{address}"]' for address in failed]
            assert checked(checkov, policies, document) == (addresses, passed), name
            assert denied(policies, document) == messages, (name, denied(policies, document))
    print(f"policies: {len(CASES)} plans, judged as they should be by checkov and Rego")


if __name__ == "__main__":
    main()
