// Makes the pages that are looked at: each a plan or an audit of livevod's own, as people get it.

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

/// What should be recorded. The encoder of `show` sends `Show`.
const AIRED = `\
version: 1
account: "1234567890123456"
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
must_record: [live.example.com/show]
domains: { live.example.com: { apps: { show: { streams: { show: {}, cam1: {} } } } } }
`;

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
    // `livevod.yaml:8:11:94-8:21:104`
    const place = (text) => note.place.replace(/^.*(?=:\d+:\d+:\d+-)/, () => text);
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

  /// An audit with every verdict.
  async night() {
    const report = await this.report("night");
    const [lost] = report.sessions.filter((one) => one.verdict === "missing");
    const [kept] = report.sessions.filter((one) => one.verdict === "recorded");
    const [from, to] = [kept.on_air[0].from, kept.recordings[0].period.from];
    const hour = (time, hours) => `${new Date(Date.parse(time) + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
    const named = (one, stream) => ({ ...one, address: { ...one.address, stream }, near: null });
    const lacks = [{ from: hour(from, 0.25), to: hour(from, 0.5) }];
    report.sessions.push(
      { ...named(kept, "cam2"), verdict: "partly", lacks, recorded: kept.recorded - 900 },
      { ...named(kept, "cam3"), verdict: "unknown", reason: { code: "began_before" }, began: hour(to, -80) },
      { ...named(lost, "cam4"), verdict: "pending", reason: { code: "ruled" }, lacks: [] },
      { ...named(lost, "cam5"), verdict: "not_wanted", reason: { code: "ignored" }, lacks: [], must_record: false },
    );
    return this.shown("night", report, "--link-base https://git.example/live");
  }

  /// A report of an audit into which a stranger wrote what no service would tell; addresses can't be written so.
  async hostileNight() {
    const report = await this.report("hostile-night");
    const [some] = report.sessions.filter((one) => one.verdict === "missing");
    report.target = HOSTILE.join(" ");
    report.account = HOSTILE.join(" ");
    report.domains["live.example.com"].unread = HOSTILE;
    report.sessions = HOSTILE.map((text, at) => ({
      ...some,
      address: { domain: "live.example.com", app: "show", stream: `stream${at}` },
      ingest: [text],
      reason: { code: "unread", value: text },
      recordings: [{ id: text, status: text, period: some.on_air[0] }],
      place: { file: text, start: { line: 1, column: 1, byte: 0 }, end: { line: 1, column: 2, byte: 1 } },
    }));
    return this.shown("hostile-night", report, "--link-base https://git.example/live");
  }

  /// Ten thousand sessions of a thousand streams, of which ten are not recorded.
  async largeNight() {
    const report = await this.report("large-night");
    const one = (verdict) => report.sessions.filter((one) => one.verdict === verdict)[0];
    const [lost, kept] = [one("missing"), one("recorded")];
    report.sessions = Array.from({ length: 10_000 }, (_, at) => {
      const stream = `cam${String(Math.floor(at / 10)).padStart(4, "0")}`;
      const some = at < 100 ? lost : kept;
      return { ...some, address: { ...some.address, stream } };
    });
    return this.shown("large-night", report, "");
  }

  /// The report of an audit of the emulator: one session is missing, one is recorded.
  async report(world) {
    const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
    const config = (StreamName) => ({
      DomainName: "live.example.com", AppName: "show", StreamName, CycleDuration: 3600,
      VodTranscodeGroupId: "VOD_NO_TRANSCODE", CreateTime: `${day(9)}T08:00:00Z`,
    });
    const session = (StreamName, from, to) => ({
      DomainName: "live.example.com", AppName: "show", StreamName, PublishDomain: "push.example.com",
      PublishTime: `${day(2)}T${from}:00Z`, StopTime: `${day(2)}T${to}:00Z`,
    });
    const sessions = [session("Show", "19:45", "23:57"), session("cam1", "18:00", "20:30")];
    this.write(`${world}/livevod.yaml`, AIRED);
    this.write(`${world}/dump.json`, JSON.stringify({ format_version: "1.0", configs: [config("show"), config("cam1")], sessions }));
    await this.load(world, "dump.json", "state.log");
    this.run(world, "audit --emulator=state.log --since 4d --out night.json", 2);
    return JSON.parse(readFileSync(join(this.folder, world, "night.json"), "utf8"));
  }

  /// The page of a report, sealed anew.
  shown(world, report, flags) {
    report.sessions.sort((one, other) => (one.address.stream < other.address.stream ? -1 : 1));
    const { checksum: _, ...rest } = report;
    this.write(`${world}/night.json`, sealed({ ...rest }, 0));
    return this.run(world, `show night.json --format html ${flags}`.trim());
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

  /// What a run prints that ends with a code.
  run(world, line, code = 0) {
    const cwd = join(this.folder, world);
    const options = { cwd, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] };
    try {
      return execFileSync(this.binary, line.split(" "), options);
    } catch (error) {
      if (code !== 0 && error.status === code) return error.stdout;
      throw error;
    }
  }
}

/// As livevod seals it: a checksum over all that stands before.
function sealed(document, indent = 2) {
  const { checksum: _, ...rest } = document;
  // A report of an audit is not indented.
  const text = indent > 0 ? JSON.stringify(rest, null, indent) : JSON.stringify(rest).replace(/^{/, "{\n").replace(/}$/, "\n}");
  const open = `${text.replace(/\n}$/, "")},\n${" ".repeat(indent)}`;
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
