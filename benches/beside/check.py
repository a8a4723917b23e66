"""Measures livevod beside what it can't beat, and beside what its users would run instead: one row for each target.

check.py LIVEVOD FLOOR OCTODNS [--quick] [--sdk PYTHON] [--terraform PROGRAM] [--markdown FILE]

Both sides of a row take turns on the same machine, so that only their ratio counts. The exit code is 1 if a row is worse than its
target.
"""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import work
from measure import Taken, instructions, over, run, service, state
from work import Work

SIZES = (100, 1_000, 10_000, 100_000)
SETTINGS = {
    "VodTranscodeGroupId": work.GROUP,
    "CycleDuration": work.CYCLE,
    "AutoCompose": "ON",
    "ComposeVodTranscodeGroupId": work.ARCHIVE,
}


@dataclass(frozen=True)
class Row:
    """One line of the table. Without a target it is only reported."""

    name: str
    value: float
    unit: str
    target: float | None = None
    is_least: bool = False
    detail: str = ""

    @property
    def verdict(self):
        if self.target is None:
            return ""
        return "pass" if (self.value >= self.target if self.is_least else self.value <= self.target) else "FAIL"

    def cells(self):
        bound = "" if self.target is None else f"{'at least' if self.is_least else 'at most'} {self.target:g}"
        return self.name, f"{self.value:,.2f} {self.unit}".strip(), bound, self.verdict, self.detail


class Table:
    """The rows so far; each is printed as soon as it is known."""

    def __init__(self):
        self.parts = []

    def part(self, title):
        print(f"\n{title}", flush=True)
        self.parts.append((title, []))

    def add(self, *row, **more):
        row = Row(*row, **more)
        self.parts[-1][1].append(row)
        name, value, bound, verdict, detail = row.cells()
        print(f"{verdict:<5}{name:<46}{value:>16}  {bound:<14} {detail}", flush=True)

    def failed(self):
        return [row for _, rows in self.parts for row in rows if row.verdict == "FAIL"]

    def markdown(self):
        lines = []
        for title, rows in self.parts:
            lines += [f"### {title}", "", "| | measured | target | | detail |", "|---|---|---|---|---|"]
            lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
            lines.append("")
        return "\n".join(lines)


class Bench:
    """The programs, and a folder for what they read and write."""

    def __init__(self, options, folder):
        self.livevod, self.floor, self.folder = options.livevod, options.floor, Path(folder)
        self.options = options
        self.table = Table()

    def turns(self, rounds, *sides):
        """What each side takes; they take turns."""
        taken = [[] for _ in sides]
        for _ in range(rounds):
            for own, side in zip(taken, sides):
                own.append(side())
        return [over(own) for own in taken]

    def start_up(self):
        self.table.part("Start")
        version, nothing = self.turns(
            21,
            lambda: run([self.livevod, "--version"], self.folder),
            lambda: run([self.floor, "nothing"], self.folder),
        )
        self.table.add("--version", version.wall / nothing.wall, "x empty program", 2, detail=f"{version.wall * 1000:.1f} ms")

    # What each command may take: user seconds as a multiple of the time in which granit reads the events of the same files,
    # and MiB at 100,000 configurations.
    OFFLINE = {
        "validate": (2.2, 150),
        "plan, no change": (3.3, 210),
        "plan, all changed, saved": (7.4, 500),
        "show as markdown": (2.4, 250),
        "show as html": (4.3, 250),
        "show as terraform-json": (7.4, 400),
        "render": (7.0, 300),
        "render as json": (7.0, 300),
        "fmt --check": (2.8, 50),
    }

    def commands(self, place):
        """The offline commands, in an order in which each finds what it reads."""
        return {
            "validate": ["validate", place / "same"],
            "plan, no change": ["plan", "--against", place / "snapshot.json", place / "same"],
            "plan, all changed, saved": [
                *("plan", "--against", place / "snapshot.json", "--max-change", "100%"),
                *("--out", place / "saved.plan", place / "other"),
            ],
            "show as markdown": ["show", place / "saved.plan", "--format", "markdown"],
            "show as html": ["show", place / "saved.plan", "--format", "html"],
            "show as terraform-json": ["show", place / "saved.plan", "--format", "terraform-json"],
            "render": ["render", place / "same"],
            "render as json": ["render", place / "same", "--format", "json"],
            "fmt --check": ["fmt", "--check", place / "same"],
        }

    def files(self, count):
        """The files of so many configurations."""
        place = self.folder / str(count)
        if not place.exists():
            place.mkdir()
            work.livevod(place / "same", Work(count))
            work.livevod(place / "other", Work(count), work.CYCLE + 60)
            (place / "snapshot.json").write_text(work.snapshot(Work(count)))
        return place

    def offline(self, count):
        self.table.part(f"{count:,} configurations, no network: user seconds against granit's events of the same files")
        place = self.files(count)
        rounds = 5 if count > 10_000 else 41
        for name, words in self.commands(place).items():
            least, most = self.OFFLINE[name]
            taken, events = self.turns(
                rounds,
                lambda: run([self.livevod, *words], self.folder),
                lambda: run([self.floor, "events", place / "same"], self.folder),
            )
            # User time is counted in steps of 1 to 10 ms: of small sizes, even many rounds tell nothing by their ratio.
            target = least if count >= 10_000 else None
            times = taken.user / max(events.user, 0.001)
            self.table.add(name, times, "x events", target, detail=f"{taken.user:.3f} s, {taken.mib:.0f} MiB")
            if count == max(SIZES):
                self.table.add(f"{name}, memory", taken.mib, "MiB", most)
        self.floors(place, count)

    def floors(self, place, count):
        for name, words in {
            "floor: granit's events": ["events", place / "same"],
            "floor: snapshot typed": ["typed", place / "snapshot.json"],
            "floor: saved plan ignored": ["ignored", place / "saved.plan"],
        }.items():
            taken = over(run([self.floor, *words], self.folder) for _ in range(3))
            self.table.add(name, taken.user, "s", detail=f"{taken.mib:.0f} MiB")

    def growth(self):
        sizes = SIZES[-3:-1] if self.options.quick else SIZES[-2:]
        self.table.part(f"Growth from {sizes[0]:,} to {sizes[1]:,} configurations, in instructions")
        counted = [
            {name: instructions([self.livevod, *words], self.folder) for name, words in self.commands(self.files(size)).items()}
            for size in sizes
        ]
        for name in counted[0]:
            self.table.add(name, counted[1][name] / counted[0][name], "x", 11, detail=f"{counted[1][name] / 1e9:.2f} G")
        for name, more in {
            'validate, "*" in each app': {"stars": True},
            "validate, patterns": {"patterns": True},
        }.items():
            few, many = (instructions([self.livevod, "validate", self.apps(size, more)], self.folder) for size in sizes)
            self.table.add(name, many / few, "x", 11, detail=f"{many / 1e9:.2f} G")

    def apps(self, count, more):
        apps = count // 5
        more = {name: min(apps // 2, 1_000) if name == "patterns" else value for name, value in more.items()}
        file = self.folder / "apps.yaml"
        file.write_text(work.in_apps(apps, **more))
        return file

    def plan_online(self, count, target):
        at = Work(count)
        domains = min(at.domains, count)
        pages = count // domains // 100 + 1
        place = self.files(count)
        with service(self.livevod, self.folder, load=state(at, SETTINGS)) as there:
            command = [self.livevod, "plan", "--detailed-exitcode", "--endpoint", f"http://{there.host}", place / "same"]
            livevod, bare = self.turns(
                7,
                lambda: run(command, self.folder),
                lambda: run([self.floor, "reads", there.host, domains, pages], self.folder),
            )
            before = there.calls()
            run(command, self.folder)
            calls = there.calls() - before
            detail = f"{livevod.wall:.3f} s, {livevod.user:.3f} s user, {livevod.mib:.0f} MiB, {calls} calls"
            self.table.add(f"plan of {count:,} over {domains}, no change", livevod.wall / bare.told, "x bare client", target, detail=detail)
            if self.options.sdk and count >= 1_000:
                script = self.script("plan", there, place / "same")
                self.table.add("  the vendor's SDK in a script", script.wall / livevod.wall, "x livevod", detail=f"{script.wall:.2f} s")

    def script(self, what, there, files):
        here = Path(__file__).parent
        return run([self.options.sdk, here / "script.py", what, there.host, files], self.folder)

    def apply_online(self, name, count, domains, is_new, calls_each, times):
        at = Work(count, domains)
        place = self.folder / f"apply-{count}-{domains}-{is_new}"
        files = work.livevod(place, at, work.CYCLE if is_new else work.CYCLE + 60)
        load = None if is_new else state(at, SETTINGS)
        words = ["apply", "--auto-approve", "--account", "1234567890123456", "--max-change", "100%"]

        def apply():
            shutil.rmtree(self.folder / ".livevod", ignore_errors=True)
            with service(self.livevod, self.folder, load=load) as there:
                taken = run([self.livevod, *words, "--rate", "60000", "--endpoint", f"http://{there.host}", files], self.folder)
                return Taken(taken.wall, taken.user, taken.mib, str(there.calls()))

        def bare():
            with service(self.livevod, self.folder, load=load) as there:
                return run([self.floor, "add" if is_new else "update", there.host, domains, count], self.folder)

        livevod, least = self.turns(3, apply, bare)
        detail = f"{livevod.wall:.2f} s, {livevod.user:.3f} s user, {livevod.mib:.0f} MiB"
        self.table.add(f"{name}: calls a change", livevod.told / count, "", calls_each)
        self.table.add(f"{name}: time", livevod.wall / least.told, "x bare client", times, detail=detail)
        if self.options.sdk:
            with service(self.livevod, self.folder, load=load) as there:
                script = self.script("apply", there, files)
            self.table.add("  the vendor's SDK in a script", script.wall / livevod.wall, "x livevod", detail=f"{script.wall:.2f} s")

    def at_the_limit(self, name, words, target):
        files = work.livevod(self.folder / "limit", Work(3_000))
        shutil.rmtree(self.folder / ".livevod", ignore_errors=True)
        with service(self.livevod, self.folder, limit=1_000) as there:
            command = [self.livevod, "apply", "--auto-approve", "--account", "1234567890123456", *words]
            taken = run([*command, "--endpoint", f"http://{there.host}", files], self.folder)
            throttled = there.throttled()
        self.table.add(f"{name}: time", taken.wall, "s", target)
        self.table.add(f"{name}: throttled", throttled, "calls", 0)

    def embedded(self):
        files = work.livevod(self.folder / "embedded", Work(1_000))
        log = self.folder / "floor.log"

        def apply():
            shutil.rmtree(self.folder / ".livevod", ignore_errors=True)
            return run([self.livevod, "apply", "--auto-approve", "--emulator", files], self.folder)

        def durable():
            log.unlink(missing_ok=True)
            return run([self.floor, "durable", log, 1_000], self.folder)

        livevod, least = self.turns(11, apply, durable)
        times = livevod.wall / least.told
        self.table.add("apply of 1,000, embedded emulator", times, "x durable writes", 1.2, detail=f"{livevod.wall:.3f} s")

    def peers(self):
        self.table.part("Peers: a plan of 10,000 that agrees, no network")
        at, place = Work(10_000), self.files(10_000)
        zones = work.octodns(self.folder, at)
        livevod, octodns = self.turns(
            3,
            lambda: run([self.livevod, *self.commands(place)["plan, no change"]], self.folder),
            lambda: run([self.options.octodns, "--config-file", zones, "--quiet"], self.folder),
        )
        self.table.add("octoDNS", octodns.wall / livevod.wall, "x livevod", 120, is_least=True, detail=f"{octodns.wall:.2f} s")
        if not self.options.terraform:
            print("     Terraform is not installed: its row is left out")
            return
        block = work.terraform(self.folder, at)
        chdir = f"-chdir={block}"
        run([self.options.terraform, chdir, "init", "-input=false"], self.folder)
        # With this flag, a plan that has a change ends with 2.
        terraform = run([self.options.terraform, chdir, "plan", "-input=false", "-detailed-exitcode"], self.folder)
        self.table.add("Terraform", terraform.wall / livevod.wall, "x livevod", 350, is_least=True, detail=f"{terraform.wall:.2f} s")

    def all(self):
        quick = self.options.quick
        self.start_up()
        for count in SIZES[:-1] if quick else SIZES:
            self.offline(count)
        self.growth()
        self.table.part("A service that takes 20 ms a call, against a bare client with 16 connections")
        self.plan_online(100, None)
        self.plan_online(1_000, 1.1)
        self.plan_online(10_000, 1.3)
        self.apply_online("1,000 new over 50 domains", 1_000, 50, True, 1.2, 1.15)
        self.apply_online("1,000 updates over 50 domains", 1_000, 50, False, 1.4, 1.5)
        self.apply_online("90 updates in one domain", 90, 1, False, 1.3, None)
        self.apply_online("300 new in one domain", 300, 1, True, 1.1, 2.0)
        self.apply_online("300 updates in one domain", 300, 1, False, 2.1, 2.5)
        self.embedded()
        if not quick:
            self.at_the_limit("3,000 writes at 1,000 a minute", [], 220)
            self.at_the_limit("  with --rate 1000", ["--rate", "1000"], 190)
        self.peers()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("livevod", type=Path)
    parser.add_argument("floor", type=Path)
    parser.add_argument("octodns", type=Path)
    parser.add_argument("--quick", action="store_true", help="leave out 100,000 configurations and the rows that wait for minutes")
    parser.add_argument("--sdk", type=Path, help="a Python that has the vendor's SDK")
    parser.add_argument("--terraform", default=shutil.which("terraform"))
    parser.add_argument("--markdown", type=Path, help="write the table there too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        bench.all()
    if options.markdown:
        options.markdown.write_text(bench.table.markdown())
    failed = bench.table.failed()
    print(f"\n{len(failed)} targets missed" if failed else "\nevery target met")
    sys.exit(1 if failed else 0)


main()
