"""Checks what each page of `livevod explain` says about the JSON Schema with a JSON Schema validator.

    pages.py SCHEMA PAGES

A page says that the schema finds its mistake too, or that it does not. Its example that is right must be valid.
"""

import json
import re
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError

FINDS = "The JSON Schema catches this too."
MISSES = "The JSON Schema does not catch this."


def examples(page, heading):
    """The YAML blocks below a heading."""
    _, _, below = page.partition(f"\n## {heading}\n")
    return re.findall(r"```yaml\n(.*?)```", below.split("\n## ")[0], re.DOTALL)


class Reader(SafeConstructor):
    """Reads dates as strings, as JSON and editors do."""


Reader.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read(text):
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Reader
    return yaml.load(text)


def is_found(validator, text):
    """Whether the schema finds an error; invalid YAML is not checked by the schema."""
    try:
        return not validator.is_valid(read(text))
    except (YAMLError, RecursionError):
        return False


def complaints(validator, page):
    """Statements of a page that are not true."""
    wrong, right = examples(page, "Wrong"), examples(page, "Right")
    if not wrong:
        return
    found = any(is_found(validator, text) for text in wrong)
    if (FINDS if found else MISSES) not in page.splitlines()[-1]:
        yield f"the schema {'finds' if found else 'does not find'} what is wrong, and the page does not end with that"
    for text in right:
        if is_found(validator, text):
            yield "the schema finds something in what is right"


def main():
    schema = json.loads(Path(sys.argv[1]).read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    pages = sorted(Path(sys.argv[2]).glob("*.md"))
    last = [page.read_text().splitlines()[-1] for page in pages]
    finds, misses = (sum(sentence in line for line in last) for sentence in (FINDS, MISSES))
    failures = [f"{page.stem}: {text}" for page in pages for text in complaints(validator, page.read_text())]
    print(f"{len(pages)} pages, {finds} say that the schema finds it, {misses} that it does not")
    if not finds or not misses:
        failures.append("no page has one of the two sentences, so this reads the wrong files")
    for failure in failures:
        print(f"FAILED  {failure}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
