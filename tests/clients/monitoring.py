"""Lets promtool judge the metrics of `drift --metrics` and `audit --metrics`, and the alert rules and the dashboard of
examples/monitoring. Prometheus' client for Python reads those of `--format openmetrics`.

    monitoring.py BINARY PROMTOOL EXAMPLES

Every alert has a test that fails without it, and nothing asks for a metric that livevod does not write.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as prometheus

FILE = """\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } }
"""
# Names of users may hold anything; the title names the check.
TITLES = ["production", 'a "b" \\ c', "昼夜\n"]
NAME = re.compile(r"\blivevod_\w+")


class Judge:
    def __init__(self, binary, promtool, folder):
        self.binary, self.promtool, self.folder = binary, promtool, folder
        self.failures = []

    def tool(self, *arguments, text=None):
        return subprocess.run([self.promtool, *arguments], input=text, capture_output=True, text=True, cwd=self.folder)

    def expect(self, done, what, fails=False):
        if (done.returncode != 0) != fails:
            said = (done.stdout + done.stderr).strip()
            self.failures.append(f"{what}: {'accepted' if fails else said}")

    def metrics(self, command, title, code, *arguments):
        """What a run writes, judged by promtool."""
        words = [self.binary, command, "--metrics", "m.prom", "--title", title, *arguments]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != code:
            self.failures.append(f"{words}: exit {done.returncode}, not {code}: {done.stderr}")
        text = (self.folder / "m.prom").read_text()
        self.expect(self.tool("check", "metrics", text=text), f"metrics of {command} {title!r} {arguments}")
        words = [self.binary, command, "--format", "openmetrics", "--title", title, *arguments]
        self.openmetrics(subprocess.run(words, cwd=self.folder, capture_output=True, text=True).stdout, text, title)
        return set(NAME.findall(text))

    def openmetrics(self, text, other, title):
        """The same samples, with the same labels, as OpenMetrics."""
        try:
            families = list(text_string_to_metric_families(text))
        except ValueError as error:
            self.failures.append(f"OpenMetrics of {title!r}: {error}: {text}")
            return
        found = {(sample.name, *sorted(sample.labels.items())) for family in families for sample in family.samples}
        samples = {(sample.name, *sorted(sample.labels.items())) for family in prometheus(other) for sample in family.samples}
        if found != samples:
            self.failures.append(f"OpenMetrics of {title!r}: {found ^ samples}")
        kinds = {family.name: family.type for family in families}
        if any(kind not in ("gauge", "counter") for kind in kinds.values()):
            self.failures.append(f"OpenMetrics of {title!r}: {kinds}")


def runs(judge):
    """The metrics of runs that end in every way; returns the names of all metrics."""
    names = set()
    (judge.folder / "livevod.yaml").write_text(FILE)
    subprocess.run([judge.binary, "apply", "--emulator", "--auto-approve"], cwd=judge.folder, check=True, capture_output=True)
    for title in TITLES:
        names |= judge.metrics("drift", title, 0, "--emulator")
        names |= judge.metrics("drift", title, 1, "nowhere.yaml", "--emulator")
        names |= judge.metrics("audit", title, 0, "--emulator")
        names |= judge.metrics("audit", title, 1, "nowhere.yaml", "--emulator")
        (judge.folder / "livevod.yaml").write_text(FILE.replace("cam2: {}", "new: {}"))
        names |= judge.metrics("drift", title, 2, "--emulator")
        (judge.folder / "livevod.yaml").write_text(FILE)
    judge.expect(judge.tool("check", "metrics", text="# TYPE a gauge\na_total{ 1\n"), "a broken text", fails=True)
    return names


def alerts(judge, examples, names):
    rules, tests = (examples / name for name in ("alerts.yaml", "alerts.test.yaml"))
    judge.expect(judge.tool("check", "rules", str(rules)), "alerts.yaml")
    judge.expect(judge.tool("test", "rules", str(tests)), "alerts.test.yaml")
    for text in (rules.read_text(), tests.read_text()):
        asked(judge, "the alerts", text, names)
    document = yaml.safe_load(rules.read_text())
    (judge.folder / "alerts.test.yaml").write_text(tests.read_text())
    for at, rule in enumerate(document["groups"][0]["rules"]):
        kept = yaml.safe_load(rules.read_text())
        del kept["groups"][0]["rules"][at]
        (judge.folder / "alerts.yaml").write_text(yaml.safe_dump(kept))
        judge.expect(judge.tool("test", "rules", "alerts.test.yaml"), f"no test needs {rule['alert']}", fails=True)


def dashboard(judge, examples, names):
    document = json.loads((examples / "dashboard.json").read_text())
    variables = {variable["name"] for variable in document["templating"]["list"]}
    panels = document["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        judge.failures.append("two panels have one id")
    taken = set()
    rules = []
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            judge.failures.append(f"{panel['title']}: wider than the dashboard")
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if cells & taken:
            judge.failures.append(f"{panel['title']}: on top of another panel")
        taken |= cells
        for target in panel["targets"]:
            asked(judge, panel["title"], target["expr"], names)
            used = set(re.findall(r"\$\{?(\w+)", target["expr"] + target["datasource"]["uid"]))
            if not used <= variables:
                judge.failures.append(f"{panel['title']}: no variable {used - variables}")
            rules.append({"record": "x", "expr": target["expr"].replace("$check", "a")})
    (judge.folder / "panels.yaml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    judge.expect(judge.tool("check", "rules", "panels.yaml"), "the dashboard's queries")
    shown = set(NAME.findall(json.dumps(document)))
    if missing := names - shown:
        judge.failures.append(f"the dashboard does not show {missing}")


def asked(judge, who, text, names):
    if unknown := set(NAME.findall(text)) - names:
        judge.failures.append(f"{who}: livevod does not write {unknown}")


def main():
    binary, promtool, examples = str(Path(sys.argv[1]).resolve()), sys.argv[2], Path(sys.argv[3]).resolve()
    os.environ.pop("LIVEVOD_LOG", None)
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(binary, promtool, Path(folder))
        names = runs(judge)
        alerts(judge, examples, names)
        dashboard(judge, examples, names)
    print(f"judged {len(names)} metrics, the alerts and the dashboard")
    for failure in judge.failures:
        print(f"FAILED  {failure}")
    sys.exit(bool(judge.failures))


if __name__ == "__main__":
    main()
