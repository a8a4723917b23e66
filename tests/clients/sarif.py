"""Validates livevod's SARIF output against the schema of SARIF 2.1.0, which Microsoft publishes in its own package.

    sarif.py BINARY FOLDER

FOLDER keeps the schema from run to run. A schema that is not the pinned one, or can't be had, ends the run.
"""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from jsonschema import Draft4Validator

PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"
SHA256 = "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8"

GOOD = """\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com: { prune: true, apps: { show: { streams: { cam1: {}, "*": {} } } } }
"""
CHANGED = GOOD.replace("e4c1 }", "e4c1, cycle_duration: 30m }").replace("cam1: {}, ", "")
REFUSED = GOOD.replace("cam1: {}", "cam1: { vod_transcode_group: odd }").replace(
    "domains:", "transcode_groups: { odd: not-a-group }\ndomains:"
)
WRONG = "version: 1\ntiers: { 高级 😀: { cycle_duraton: 1 }, a: { cycle_duration: 1 } }\ntiers: {}\n"

# Name, contents of `livevod.yaml`, arguments, minimum number of results.
CASES = [
    ("no file at all", None, ["validate"], 0),
    ("nothing to find", GOOD, ["validate"], 0),
    ("findings behind wide characters, with a chain", WRONG, ["validate"], 3),
    ("text that is not YAML", "version: [", ["validate"], 1),
    ("a first plan", GOOD, ["plan", "--emulator"], 2),
    ("an apply", GOOD, ["apply", "--emulator", "--auto-approve"], 0),
    ("drift", CHANGED, ["drift", "--emulator"], 2),
    ("what was not recorded", GOOD, ["audit", "--emulator"], 1),
    ("a refused value", REFUSED, ["apply", "--emulator", "--auto-approve", "--max-change", "100%"], 1),
]

# What happens before: an encoder sent a name that differs from the declared one.
BEFORE = {"what was not recorded": "emulator publish live.example.com/show/Cam1 --at 4h --until 3h".split()}


def schema(folder):
    """The pinned schema, fetched once."""
    kept = folder / Path(MEMBER).name
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True, text=True
        )
        archive = (folder / packed.stdout.strip()).read_bytes()
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            kept.write_bytes(members.extractfile(MEMBER).read())
    text = kept.read_bytes()
    if hashlib.sha256(text).hexdigest() != SHA256:
        sys.exit(f"{kept} is not the pinned schema")
    return json.loads(text)


def problems(validator, document):
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def main(binary, folder):
    validator = Draft4Validator(schema(Path(folder)))
    failed = 0
    with tempfile.TemporaryDirectory() as world:
        for name, text, arguments, least in CASES:
            if text is not None:
                Path(world, "livevod.yaml").write_text(text)
            if before := BEFORE.get(name):
                subprocess.run([binary, *before], cwd=world, check=True, capture_output=True)
            run = subprocess.run(
                [binary, *arguments, "--format", "sarif"], cwd=world, capture_output=True, text=True
            )
            document = json.loads(run.stdout)
            found = problems(validator, document)
            results = document["runs"][0]["results"]
            if len(results) < least:
                found.append(f"{len(results)} results, and {least} were to be expected")
            failed += bool(found)
            print("\n        ".join([f"{'FAILED' if found else 'ok':8}sarif: {name}", *found]))
    # A validator that accepts anything would prove nothing.
    document["runs"][0]["columnKind"] = "bytes"
    if not problems(validator, document):
        sys.exit("the validator takes a column kind that SARIF does not know")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), sys.argv[2])
