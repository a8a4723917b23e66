"""Runs programs and says what they took; and a service to call, the emulator with 20 ms a call."""

import json
import os
import signal
import statistics
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LATENCY = 0.020


@dataclass(frozen=True)
class Taken:
    """Over the rounds: the median of wall seconds, the mean of user seconds, which the kernel counts in steps of its clock, and the
    most memory."""

    wall: float
    user: float
    mib: float
    output: str = ""

    @property
    def told(self):
        """The seconds that a floor measured itself, without its start."""
        return float(self.output)


def run(command, folder, expected=(0,)):
    """One run: wall and user seconds, peak memory in MiB, standard output."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    environment |= {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator"}
    # Linux counts the memory of the process that forks as the child's: GNU time is a small one.
    most = Path(folder, "most")
    command = [str(word) for word in ("/usr/bin/time", "--quiet", "--format=%M", f"--output={most}", *command)]
    with open(Path(folder, "output"), "w+b") as output, open(Path(folder, "errors"), "w+b") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in expected:
            errors.seek(0)
            text = errors.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
        output.seek(0)
        return Taken(wall, used.ru_utime, int(most.read_text()) / 1024, output.read(200).decode(errors="replace"))


def over(rounds):
    """One [`Taken`] from several."""
    rounds = list(rounds)
    middle = statistics.median(one.wall for one in rounds)
    return Taken(
        middle,
        statistics.fmean(one.user for one in rounds),
        max(one.mib for one in rounds),
        min(rounds, key=lambda one: abs(one.wall - middle)).output,
    )


def instructions(command, folder):
    """Instructions of one run, as callgrind counts them."""
    counted = Path(folder, "callgrind.out")
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}"]
    run([*valgrind, *command], folder)
    totals = [line for line in counted.read_text().splitlines() if line.startswith(("summary:", "totals:"))]
    counted.unlink()
    return int(totals[-1].split()[1])


def state(work, settings):
    """The state of an emulator that holds these configurations."""
    rows = [
        {"DomainName": domain, "AppName": "show", "StreamName": stream, "CreateTime": "2026-01-02T03:04:05Z"} | settings
        for domain, stream in work.streams()
    ]
    return json.dumps({"configs": rows})


@dataclass(frozen=True)
class Service:
    """A running emulator."""

    host: str

    def calls(self):
        """Calls so far."""
        with urllib.request.urlopen(f"http://{self.host}/_admin/counters") as answer:
            actions = json.load(answer)["actions"]
        return sum(action["calls"] for action in actions.values())

    def throttled(self):
        """Calls so far that were throttled."""
        with urllib.request.urlopen(f"http://{self.host}/_admin/counters") as answer:
            actions = json.load(answer)["actions"]
        return sum(action["refused"].get("Throttling.User", 0) for action in actions.values())


@contextmanager
def service(livevod, folder, load=None, limit=0):
    """An emulator that answers after 20 ms, and takes `limit` calls a minute of each action."""
    port = Path(folder, "port")
    port.unlink(missing_ok=True)
    command = [livevod, "emulator", "--listen", "127.0.0.1:0", "--port-file", port, "--admin", "--limit", str(limit)]
    command += ["--fault", f"latency:time={round(LATENCY * 1000)}ms"]
    if load is not None:
        file = Path(folder, "state.json")
        file.write_text(load)
        command += ["--load", file]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        while not (port.exists() and port.read_text().strip()):
            if process.poll() is not None:
                raise SystemExit("the emulator did not start")
            time.sleep(0.01)
        yield Service(f"127.0.0.1:{port.read_text().strip()}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
