"""The files that are measured: so many configurations as YAML, as a snapshot, as octoDNS zones and as Terraform resources."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

GROUP = "e2d796d3bb5fd8049d32bff62f94e4c1"
ARCHIVE = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"
DOMAINS = 50
CYCLE = 2400

# What no file manages, and no configuration here has.
UNSET = ("storage_location", "delay_time", "record_content", "transcode_templates", "space_id", "record_format")


@dataclass(frozen=True)
class Work:
    """`count` configurations, spread evenly over `domains`."""

    count: int
    domains: int = DOMAINS

    def streams(self):
        """Every configuration as domain and stream; the app is `show`."""
        for domain in range(min(self.domains, self.count)):
            for stream in range(domain, self.count, self.domains):
                yield f"live-{domain:03}.example.com", f"cam-{stream:06}"

    def by_domain(self):
        """The streams of each domain."""
        found = {}
        for domain, stream in self.streams():
            found.setdefault(domain, []).append(stream)
        return found


def livevod(folder, work, cycle=CYCLE):
    """The desired state in the layout of `fmt`: a file for each domain. Each configuration has two settings of its own, and
    inherits its groups. Returns the folder."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    shared = f"defaults: {{ vod_transcode_group: {GROUP}, compose_vod_transcode_group: {ARCHIVE} }}"
    (place / "defaults.yaml").write_text(f"version: 1\n\n{shared}\n")
    for domain, streams in work.by_domain().items():
        head = f"version: 1\n\ndomains:\n  {domain}:\n    apps:\n      show:\n        streams:\n"
        settings = f"{{ cycle_duration: {cycle // 60}m, auto_compose: on }}\n"
        entries = "".join(f"          {stream}: {settings}" for stream in streams)
        (place / f"{domain}.yaml").write_text(head + entries)
    return place


def in_apps(apps, stars=False, patterns=0):
    """Five configurations in each app of one domain; with `"*"` in each app, or with so many patterns under `ignore` and
    under `protect`, which match nothing."""
    lines = ["version: 1\n\n"]
    for name, stream in (("ignore", "test-*"), ("protect", "cam*")):
        if patterns:
            lines.append(f"{name}:\n")
            lines.extend(f"  - live.example.com/app{app:05}/{stream}\n" for app in range(patterns))
    lines.append(f"defaults: {{ vod_transcode_group: {GROUP} }}\n\ndomains:\n  live.example.com:\n    apps:\n")
    first = '"*"' if stars else "cam5"
    for app in range(apps):
        lines.append(f"      app{app:05}:\n        streams:\n          {first}: {{ cycle_duration: 40m }}\n")
        lines.extend(f"          cam{cam}: {{ cycle_duration: 40m }}\n" for cam in range(1, 5))
    return "".join(lines)


def snapshot(work):
    """What `livevod snapshot` would write if the service held exactly this."""
    config = {
        "vod_transcode_group": GROUP,
        "cycle_duration": CYCLE,
        "auto_compose": True,
        "compose_vod_transcode_group": ARCHIVE,
        "on_demand": 0,
    } | dict.fromkeys(UNSET)

    def row(domain, stream):
        address = {"domain": domain, "app": "show", "stream": stream}
        remote = {"config": config, "spelling": "named", "create_time": "2026-01-02T03:04:05Z", "unsupported": None}
        return json.dumps({"address": address, "remote": remote}, separators=(",", ":"))

    domains = ",\n".join(
        f"{json.dumps(domain)}: [\n" + ",\n".join(row(domain, stream) for stream in streams) + "\n]"
        for domain, streams in work.by_domain().items()
    )
    text = (
        '{\n"snapshot": "3.0",\n"livevod": "0.1.0",\n"time": "2026-11-22T20:15:00Z",\n'
        '"target": "https://live.aliyuncs.com",\n"account": null,\n"caller": null,\n"regions": {},\n'
        f'"ignore": [],\n"protect": [],\n"domains": {{\n{domains}\n}},\n'
    )
    return f'{text}"checksum": "sha256:{hashlib.sha256(text.encode()).hexdigest()}"\n}}\n'


def octodns(folder, work):
    """Zones from YAML to YAML that agree, and the configuration of octoDNS for them. Returns its path."""
    zones = {}
    for domain, streams in work.by_domain().items():
        zones[f"{domain}."] = {"sources": ["files"], "targets": ["there"]}
        records = "".join(f"{stream}:\n  ttl: 300\n  type: A\n  value: 192.0.2.1\n" for stream in sorted(streams))
        for side in ("files", "there"):
            place = Path(folder, "octodns", side)
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{domain}.yaml").write_text("---\n" + records)
    providers = {
        side: {
            "class": "octodns.provider.yaml.YamlProvider",
            "directory": str(Path(folder, "octodns", side)),
            "default_ttl": 300,
            "enforce_order": False,
        }
        for side in ("files", "there")
    }
    path = Path(folder, "octodns.yaml")
    path.write_text(json.dumps({"manager": {"max_workers": 1}, "providers": providers, "zones": zones}))
    return path


def terraform(folder, work):
    """One `terraform_data` block for each configuration, and the state that agrees: to apply so many takes Terraform longer than
    all other rows together. Returns the folder."""
    place = Path(folder, "terraform")
    place.mkdir(parents=True, exist_ok=True)
    blocks, resources = [], []
    for domain, stream in work.streams():
        name = f"{domain.split('.')[0]}-{stream}"
        values = {
            "domain": domain,
            "app": "show",
            "stream": stream,
            "vod_transcode_group": GROUP,
            "cycle_duration": CYCLE,
            "auto_compose": True,
            "compose_vod_transcode_group": ARCHIVE,
            "on_demand": 0,
        }
        inputs = ", ".join(f"{field} = {json.dumps(value)}" for field, value in values.items())
        blocks.append(f'resource "terraform_data" "{name}" {{\n  input = {{ {inputs} }}\n}}\n')
        resources.append(terraform_state(name, values))
    (place / "main.tf").write_text("".join(blocks))
    state = {"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": "livevod", "outputs": {}, "resources": resources}
    (place / "terraform.tfstate").write_text(json.dumps(state))
    return place


def terraform_state(name, values):
    types = {str: "string", bool: "bool", int: "number"}
    typed = {"value": values, "type": ["object", {field: types[type(value)] for field, value in values.items()}]}
    attributes = {"id": name, "input": typed, "output": typed, "triggers_replace": None}
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes}],
    }
