"""Opens files in yaml-language-server, which most editors ask about YAML, the way an editor does.

    editor.py SERVER

SERVER is the folder that its package was installed below. The files name the schema on their first line, as docs/files.md says.
It must complete keys at several depths, show what a setting means, mark a mistake where it stands, and mark nothing in
any example.
"""

import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELINE = "# yaml-language-server: $schema=schema/livevod.schema.json\n"
SECONDS = 60


class Editor:
    """A language server over its standard streams, and its messages about each file."""

    def __init__(self, server, folder):
        program = server / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        self.process = subprocess.Popen(["node", program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answers, self.marks, self.number = queue.Queue(), queue.Queue(), 0
        threading.Thread(target=self.listen, daemon=True).start()
        capabilities = {"textDocument": {"hover": {"contentFormat": ["markdown"]}, "completion": {}}}
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities})
        self.tell("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method, parameters):
        self.send({"method": method, "params": parameters})

    def ask(self, method, parameters):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        return self.answers.get(timeout=SECONDS)

    def listen(self):
        while header := self.process.stdout.readline():
            length = int(header.split(b":")[1])
            while self.process.stdout.readline().strip():
                pass
            self.take(json.loads(self.process.stdout.read(length)))

    def take(self, message):
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self.marks.put(message["params"])
        elif method == "workspace/configuration":
            # No schema of the schema store: only the file's own first line counts.
            settings = {"yaml": {"schemaStore": {"enable": False}, "hover": True, "completion": True}}
            self.send({"id": message["id"], "result": [settings.get(item.get("section")) for item in message["params"]["items"]]})
        elif method and "id" in message:
            self.send({"id": message["id"], "result": None})
        elif "id" in message:
            self.answers.put(message.get("result"))

    def open(self, file, text):
        """The marks in a text: each message, and the marked text."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while (params := self.marks.get(timeout=SECONDS))["uri"] != file.as_uri():
            pass
        return [(mark["message"].splitlines()[0], under(text, mark["range"])) for mark in params["diagnostics"]]

    def at(self, method, file, text, place):
        """The answer for the position of `|` in `place`, which occurs once in the text."""
        before = text[: text.index(place.replace("|", "")) + place.index("|")]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self.ask(method, {"textDocument": {"uri": file.as_uri()}, "position": position})

    def end(self):
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.wait(timeout=SECONDS)


def labels(editor, file, text, place):
    """The completions at a place."""
    return {item["label"] for item in editor.at("textDocument/completion", file, text, place)["items"]}


def under(text, span):
    lines, start, end = text.splitlines(), span["start"], span["end"]
    if start["line"] != end["line"]:
        return "several lines"
    return lines[start["line"]][start["character"] : end["character"]]


class Tally:
    def __init__(self):
        self.failed = 0

    def check(self, name, seen, wanted):
        held = wanted(seen) if callable(wanted) else seen == wanted
        self.failed += not held
        print(f"{'ok     ' if held else 'FAILED '} editor: {name}" + ("" if held else f"\n        seen {seen!r}"))


GOOD = (
    MODELINE
    + """version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com:
    apps:
      show:
        streams:
          cam1:
            cycle_duration: 15m
            auto_compose: off
"""
)


def check_marks(tally, editor, folder):
    tally.check("a file without a mistake is unmarked", editor.open(folder / "good.yaml", GOOD), [])
    for slip, right, wrong, marked in [
        ("a misspelt key", "cycle_duration", "cycle_duraton", "cycle_duraton"),
        ("a length out of range", "15m", "299", "299"),
        ("a key of another place", "apps:", "streams:", "streams"),
        ("another version", "version: 1", "version: 2", "2"),
        ("a list of streams", "cam1:\n            cycle_duration: 15m\n            auto_compose: off", "[cam1]", "[cam1]"),
    ]:
        seen = editor.open(folder / f"{marked.strip('[]')}.yaml", GOOD.replace(right, wrong, 1))
        tally.check(f"{slip} is marked where it stands", {text for _, text in seen}, {marked})


def check_help(tally, editor, folder):
    file = folder / "help.yaml"
    text = GOOD + "          cam2:\n            cy\n"
    editor.open(file, text)
    offered = labels(editor, file, text, "            cy|\n")
    tally.check("settings of a stream are offered", offered, lambda seen: "cycle_duration" in seen)
    for depth, line, wanted in [
        ("the file", "", {"domains", "tiers", "layouts", "ignore"}),
        ("a domain", "domains:\n  a.com:\n    ", {"apps", "prune", "region", "layout"}),
        ("an app", "domains:\n  a.com:\n    apps:\n      b:\n        ", {"streams", "defaults"}),
        ("a tier", "tiers:\n  vip:\n    ", {"cycle_duration", "auto_compose", "on_demand"}),
    ]:
        file, text = folder / f"{depth.split()[1]}.yaml", MODELINE + "version: 1\n" + line
        editor.open(file, text)
        place = (line or "version: 1\n") + "|"
        offered = labels(editor, file, text, place)
        tally.check(f"keys of {depth} are offered", offered, lambda seen, wanted=wanted: wanted <= seen)
    values = MODELINE + "version: 1\ntiers:\n  vip:\n    auto_compose: "
    editor.open(folder / "values.yaml", values)
    offered = labels(editor, folder / "values.yaml", values, "auto_compose: |")
    tally.check("values are offered", offered, lambda seen: {'"on"', '"off"', "default"} <= seen)
    hover = editor.at("textDocument/hover", folder / "good.yaml", GOOD, "cycle_du|ration: 15m")
    words = json.dumps(hover)
    tally.check("a setting says what it is and its default", words, lambda seen: "5m to 6h" in seen and "default 1h" in seen)


def check_examples(tally, editor):
    files = sorted((ROOT / "examples").rglob("*.yaml"))
    marked = {str(file.relative_to(ROOT)): marks for file in files if (marks := editor.open(file, file.read_text()))}
    tally.check(f"nothing in {len(files)} examples is marked", (marked, len(files) > 3), ({}, True))


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        shutil.copytree(ROOT / "schema", folder / "schema")
        tally.check("docs/files.md names the schema like this", MODELINE in (ROOT / "docs/files.md").read_text(), True)
        editor = Editor(Path(sys.argv[1]).resolve(), folder)
        check_marks(tally, editor, folder)
        check_help(tally, editor, folder)
        check_examples(tally, editor)
        editor.end()
    sys.exit(bool(tally.failed))


if __name__ == "__main__":
    main()
