// Makes the pages that are looked at: each a plan of livevod's own, as people get it.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const GROUP = "e2d796d3bb5fd8049d32bff62f94e4c1";

const BEFORE = `\
version: 1
account: "1234567890123456"
region: cn-shanghai
transcode_groups: { hd: ${GROUP}, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
tiers:
  vip: { cycle_duration: 30m, auto_compose: on, compose_vod_transcode_group: archive }
domains:
  sport.example.com:
    apps:
      cup: { streams: { "*": {}, final: {} } }
      league: { streams: { a: {}, b: {}, c: {} } }
  live.example.com:
    apps:
      show:
        streams:
          "*": {}
          cam1: {}
          cam2: {}
          cam3: {}
          main: { storage_location: first-bucket.oss-cn-shanghai.aliyuncs.com }
          old: {}
      news:
        streams: { desk: { tier: vip }, weather: {} }
`;

const AFTER = BEFORE.replace("cam1: {}", "cam1: { cycle_duration: 2h }")
  .replace("cam2: {}", "cam2: { tier: vip }")
  .replace("cam3: {}", "cam3: { tier: vip }")
  .replace("first-bucket", "second-bucket")
  .replace("old: {}", "old: { state: absent }\n          new: { on_demand: 0 }")
  .replace("desk: { tier: vip }, weather: {}", "weather: { on_demand: 1 }")
  .replace("a: {}, b: {}, c: {}", "a: { cycle_duration: 20m }, b: {}, c: {}, d: {}");

/// What the target branch asks for, and nobody applied yet.
const BASE = BEFORE.replace("domains:", "protect: [sport.example.com/cup/final]\ndomains:")
  .replace("cam1: {}", "cam1: { cycle_duration: 2h }")
  .replace("cam2: {}", "cam2: { cycle_duration: 90m }")
  .replace("cam3: {}", "cam3: { cycle_duration: 90m }")
  .replace("first-bucket", "second-bucket");

/// What a pull request makes of that: two changes stay pending, one is another, one is taken back, and one comes.
const REQUEST = BASE.replace("protect: [sport.example.com/cup/final]\n", "")
  .replace(", final: {}", "")
  .replace("cam2: { cycle_duration: 90m }", "cam2: { tier: vip }")
  .replace("cam3: { cycle_duration: 90m }", "cam3: {}")
  .replace("old: {}", "old: { state: absent }");

/// What tries to leave its place: as text of a page it is to be read, not to be done.
export const HOSTILE = [
  "<script>pwned()</script>",
  "<img src=x onerror=pwned()>",
  "\"'><svg onload=pwned()>",
  "</style><style>body{display:none}</style>",
  "</details></main><!--",
  "&lt;b&gt;&#60;script&#62;",
  "\u202egnol\u202c",
  "x".repeat(300),
];

export class Worlds {
  constructor(binary, folder) {
    Object.assign(this, { binary, folder });
  }

  /// Every kind of change, some of them refused.
  danger() {
    this.write("danger/livevod.yaml", BEFORE);
    this.run("danger", "apply --emulator --auto-approve --max-change 100%");
    this.write("danger/livevod.yaml", AFTER);
    return this.run("danger", "plan --emulator --format html --link-base https://git.example/live");
  }

  /// All is as declared.
  quiet() {
    this.write("quiet/livevod.yaml", BEFORE);
    this.run("quiet", "apply --emulator --auto-approve --max-change 100%");
    return this.run("quiet", "plan --emulator --format html");
  }

  /// A pull request over a branch with changes that are pending.
  base() {
    this.write("base/livevod.yaml", BEFORE);
    this.run("base", "apply --emulator --auto-approve --max-change 100%");
    this.write("base/main/livevod.yaml", BASE);
    this.write("base/livevod.yaml", REQUEST);
    return this.run("base", "plan --emulator --format html --base main --link-base https://git.example/live");
  }

  /// A saved plan into which a stranger wrote what no file of livevod's would hold, sealed anew; addresses can't be written so.
  hostile() {
    this.write("hostile/livevod.yaml", AFTER);
    this.run("hostile", "plan --emulator --out good.plan");
    const plan = JSON.parse(readFileSync(join(this.folder, "hostile/good.plan"), "utf8"));
    const { decisions, notes } = plan;
    const [some] = decisions.changes;
    const [note] = notes.changes;
    const place = (text) => ({ ...note.place, file: text });
    decisions.changes = HOSTILE.map((text, at) => {
      const address = { domain: "live.example.com", app: "show", stream: `stream${at}` };
      return { ...some, address, after: { ...some.after, vod_transcode_group: text, storage_location: text } };
    });
    notes.changes = HOSTILE.map((text, at) => {
      const origin = { kind: "tier", tier: text, place: place(text), via: [] };
      const origins = { vod_transcode_group: origin, storage_location: origin, cycle_duration: origin };
      const after = { address: decisions.changes[at].address, records_by_itself: true };
      const coverage = { before: null, after };
      return { ...note, place: place(text), origins, coverage };
    });
    notes.warnings = HOSTILE.map((message) => ({ message, address: null }));
    notes.unread = HOSTILE;
    notes.held = HOSTILE.map((message) => ({ guard: "limits", address: null, message, release: message }));
    notes.unmanaged = decisions.changes.map((one) => ({ address: one.address, config: one.after }));
    decisions.target = HOSTILE.join(" ");
    this.write("hostile/bad.plan", sealed(plan));
    return this.run("hostile", "show bad.plan --format html");
  }

  /// Ten thousand changes of every kind in twenty domains.
  async large() {
    const { yaml, configs } = fleet();
    this.write("large/livevod.yaml", yaml);
    this.write("large/dump.json", JSON.stringify({ format_version: "1.0", configs }));
    await this.load("large", "dump.json", "state.log");
    return this.run("large", "plan --emulator=state.log --format html");
  }

  /// Lets an emulator put a state into the log that `--emulator` takes.
  async load(world, dump, log) {
    const cwd = join(this.folder, world);
    const words = ["emulator", "--listen", "127.0.0.1:0", "--port-file", "port", "--data", log, "--load", dump];
    const emulator = spawn(this.binary, words, { cwd, stdio: "ignore" });
    const ended = new Promise((resolve) => emulator.on("exit", resolve));
    while (!existsSync(join(cwd, "port"))) {
      if (emulator.exitCode !== null) throw new Error(`the emulator ended with ${emulator.exitCode}`);
      await sleep(50);
    }
    emulator.kill("SIGTERM");
    await ended;
  }

  write(file, text) {
    const path = join(this.folder, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }

  run(world, line) {
    const cwd = join(this.folder, world);
    const options = { cwd, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] };
    return execFileSync(this.binary, line.split(" "), options);
  }
}

/// As livevod seals it: a checksum over all that stands before.
function sealed(plan) {
  const { checksum: _, ...rest } = plan;
  const open = `${JSON.stringify(rest, null, 2).replace(/\n}$/, "")},\n  `;
  return `${open}"checksum": "sha256:${createHash("sha256").update(open).digest("hex")}"\n}\n`;
}

/// Of ten streams six get another cycle, one another group, one goes, one comes, and one moves to another bucket.
function fleet() {
  const configs = [];
  let yaml = `version: 1\naccount: "1234567890123456"\ntranscode_groups: { hd: ${GROUP} }\ndefaults: { vod_transcode_group: hd }\ndomains:\n`;
  for (let domain = 0; domain < 20; domain += 1) {
    const name = `live${String(domain).padStart(2, "0")}.example.com`;
    yaml += `  ${name}:\n    apps:\n`;
    for (const app of ["show", "news", "sport", "music", "kids"]) {
      yaml += `      ${app}:\n        streams:\n`;
      for (let at = 0; at < 100; at += 1) {
        const stream = `cam${String(at).padStart(3, "0")}`;
        const held = {
          DomainName: name, AppName: app, StreamName: stream, VodTranscodeGroupId: GROUP, CycleDuration: 3600,
          AutoCompose: "OFF", OnDemand: 0, CreateTime: "2026-01-01T00:00:00Z",
        };
        const [config, settings] = stream_of(at % 10, held);
        if (config) configs.push(config);
        yaml += `          ${stream}: ${settings}\n`;
      }
    }
  }
  return { yaml, configs };
}

function stream_of(kind, held) {
  switch (kind) {
    case 6: return [held, `{ auto_compose: on, compose_vod_transcode_group: hd, cycle_duration: 900 }`];
    case 7: return [held, "{ state: absent }"];
    case 8: return [null, "{}"];
    case 9: return [{ ...held, StorageLocation: "a.oss-cn-shanghai.aliyuncs.com" }, "{ storage_location: b.oss-cn-shanghai.aliyuncs.com }"];
    default: return [held, `{ cycle_duration: ${1800 + 60 * kind} }`];
  }
}
