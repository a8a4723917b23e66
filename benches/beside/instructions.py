"""Counts the instructions of the commands that need no network, and compares them with the committed figures.

instructions.py LIVEVOD FIGURES [--update]

The figures hold for one toolchain, C library and processor model; elsewhere the counts are only reported. One that is over 5 % larger
is an error. `--update` writes the figures.
"""

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import work
from measure import instructions
from work import Work

COUNT = 300
MARGIN = 0.05


def commands(place):
    """The commands, in an order in which each finds what it reads."""
    snapshot, plan = place / "snapshot.json", place / "saved.plan"
    return {
        "--version": ["--version"],
        "validate": ["validate", place / "same"],
        "validate with * and patterns": ["validate", place / "apps.yaml"],
        "plan without changes": ["plan", "--against", snapshot, place / "same"],
        "plan of changes, saved": ["plan", "--against", snapshot, "--max-change", "100%", "--out", plan, place / "other"],
        "show as markdown": ["show", plan, "--format", "markdown"],
        "show as html": ["show", plan, "--format", "html"],
        "show as json": ["show", plan, "--format", "json"],
        "show as terraform-json": ["show", plan, "--format", "terraform-json"],
        "render": ["render", place / "same"],
        "render as json": ["render", place / "same", "--format", "json"],
        "fmt --check": ["fmt", "--check", place / "same"],
    }


def machine():
    """What the counts depend on besides the code."""
    toolchain = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "toolchain": toolchain,
        "libc": " ".join(platform.libc_ver()),
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "valgrind": valgrind,
    }


def count(livevod):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        work.livevod(place / "same", Work(COUNT))
        work.livevod(place / "other", Work(COUNT), work.CYCLE + 60)
        (place / "snapshot.json").write_text(work.snapshot(Work(COUNT)))
        (place / "apps.yaml").write_text(work.in_apps(COUNT // 5, stars=True, patterns=COUNT // 5))
        return {name: instructions([livevod, *words], place) for name, words in commands(place).items()}


def main(livevod, figures, *flags):
    figures = Path(figures)
    counted, here = count(Path(livevod).resolve()), machine()
    if "--update" in flags:
        figures.write_text(json.dumps(here | {"configurations": COUNT, "instructions": counted}, indent=2) + "\n")
        return
    committed = json.loads(figures.read_text())
    is_same = all(committed[name] == value for name, value in here.items()) and committed["configurations"] == COUNT
    grown = []
    for name, value in counted.items():
        before = committed["instructions"].get(name)
        change = f"{(value / before - 1) * 100:+6.1f} %" if before else "   new  "
        print(f"{name:<30}{value:>16,}{change:>10}")
        if is_same and (before is None or value > before * (1 + MARGIN)):
            grown.append(name)
    if not is_same:
        print("NOT COMPARED: the figures are those of another toolchain, C library or processor")
    if grown:
        sys.exit(f"over {MARGIN:.0%} more instructions: {', '.join(grown)}; if that is meant, run `.ci/instructions --update`")


main(*sys.argv[1:])
