// Looks at the page that `--format html` makes with Chromium's eyes.
//
//     node main.mjs LIVEVOD CHROMIUM [FOLDER]
//
// Prints a line for each check, and ends with 1 where one fails. FOLDER gets pictures of the pages.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Server, visit } from "./browser.mjs";
import * as checks from "./checks.mjs";
import { Tasks } from "./tasks.mjs";
import { Worlds } from "./worlds.mjs";

/// Milliseconds of the processor that no task may take while ten thousand rows are filtered.
const MOST = 100;

/// Whoever shares the machine makes even the processor slower: the best of so many attempts counts.
const ATTEMPTS = 3;

const [binary, chromium, pictures] = process.argv.slice(2);

/// A small phone, a phone, a laptop and a large screen.
const WINDOWS = [360, 390, 1280, 1920].flatMap((width) => [["light", width], ["dark", width]]);

/// Name of the page, what is looked at, how the browser is, the check.
const CASES = [
  ["danger", "the policy lets nothing else run", { expected: true }, checks.policy],
  ["danger", "all is told without scripts", { javaScriptEnabled: false }, (page) => checks.withoutScripts(page, 8)],
  ["danger", "search and filters", {}, checks.filters],
  ["danger", "address, links and copying", { visits: 2 }, checks.address],
  ["danger", "keyboard alone", {}, checks.keyboard],
  ["danger", "names and roles", {}, checks.spoken],
  ["danger", "light and dark", {}, checks.schemes],
  ["danger", "stillness", { reducedMotion: "reduce" }, checks.still],
  ["danger", "print", {}, (page) => checks.printed(page, 8)],
  ["base", "what was pending stands apart", {}, checks.beside],
  ["hostile", "hostile names are text", {}, checks.inert],
  ["night", "each verdict is told in words, and chosen by a box", {}, checks.verdicts],
  ["night", "all of an audit is told without scripts", { javaScriptEnabled: false }, checks.verdicts],
  ["night", "an audit on paper", {}, checks.printedAudit],
  ["hostile-night", "hostile names in an audit are text", {}, checks.inert],
  ...["danger", "base", "quiet", "hostile", "night", "hostile-night"].flatMap((name) =>
    WINDOWS.flatMap(([colorScheme, width]) => [
      [name, `axe and width, ${colorScheme}, ${width} wide`, { colorScheme, viewport: { width, height: 800 } }, laidOut],
    ]),
  ),
  ["large", "ten thousand rows, 360 wide", { viewport: { width: 360, height: 800 } }, checks.fits],
  ["large-night", "ten thousand sessions, 360 wide", { viewport: { width: 360, height: 800 } }, checks.folded],
  ["large", "no long task while ten thousand rows are filtered", {}, quick],
];

/// The rules of axe and the width, all unfolded.
async function laidOut(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  return [...(await checks.fits(page)), ...(await checks.axe(page))];
}

/// What is done to ten thousand rows, and how many are shown then.
const ACTS = [
  ["type c", (page) => page.keyboard.press("c"), 10_000],
  ["type a", (page) => page.keyboard.press("a"), 10_000],
  ["type m", (page) => page.keyboard.press("m"), 10_000],
  ["type 0", (page) => page.keyboard.press("0"), 10_000],
  ["type 1", (page) => page.keyboard.press("1"), 1_000],
  ["clear", (page) => page.keyboard.press("Escape"), 10_000],
  ["paste words", (page) => page.keyboard.insertText("live07 cycle"), 450],
  ["clear again", (page) => page.keyboard.press("Escape"), 10_000],
  ["paste nonsense", (page) => page.keyboard.insertText("zzz"), 0],
  ["clear once more", (page) => page.keyboard.press("Escape"), 10_000],
  ...[["update", 3_000], ["create", 2_000], ["delete", 1_000], ["replace", 0], ["update", 7_000], ["create", 8_000], ["delete", 9_000], ["replace", 10_000]]
    .map(([kind, shown]) => [`toggle ${kind}`, (page) => toggle(page, kind), shown]),
];

/// With the keyboard, so that the browser does what it does for people and nothing else.
async function toggle(page, kind) {
  const presses = { replace: 1, delete: 2, update: 3, create: 4 }[kind];
  await page.keyboard.press("/");
  for (let at = 0; at < presses; at += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
}

async function quick(page) {
  const wrong = await checks.settled(page, "10000 of 10000 changes shown");
  const tasks = new Tasks(await page.context().newCDPSession(page));
  const longest = new Map();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    await page.keyboard.press("/");
    for (const [name, act, shown] of ACTS) {
      const took = await tasks.longest(async () => {
        await act(page);
        wrong.push(...(await checks.settled(page, `${shown} of 10000 changes shown`)));
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 150))));
      });
      longest.set(name, Math.min(took, longest.get(name) ?? Infinity));
    }
    if (wrong.length > 0 || Math.max(...longest.values()) < MOST) break;
  }
  const [name, took] = [...longest].sort((one, other) => other[1] - one[1])[0];
  console.log(`      the longest took ${took.toFixed(0)} ms of the processor, to ${name}`);
  return [...wrong, ...[...longest].flatMap(([name, took]) => checks.holds(`to ${name} took ${took.toFixed(0)} ms`, took < MOST))];
}

async function look(server, [name, what, options, check]) {
  const { expected, visits = 1, ...settings } = options;
  const from = server.requests.length;
  const wrong = await visit(chromium, server.base + name, settings, async (page, noticed) => {
    const wrong = await check(page);
    // What a check provokes is what it looks for.
    return expected ? wrong : [...wrong, ...noticed, ...(await page.evaluate(() => globalThis.violations ?? []))];
  });
  return [...wrong, ...checks.same("requests", server.requests.slice(from), Array(visits).fill(`/${name}`))];
}

async function picture(server, folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of ["danger", "base", "quiet", "hostile", "large", "night", "hostile-night", "large-night"]) {
    for (const [colorScheme, width] of WINDOWS) {
      await visit(chromium, server.base + name, { colorScheme, viewport: { width, height: 900 } }, async (page) => {
        await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: !name.startsWith("large") });
      });
    }
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "livevod-plans-"));
  const worlds = new Worlds(resolve(binary), folder);
  const pages = {
    danger: worlds.danger(), base: worlds.base(), quiet: worlds.quiet(), hostile: worlds.hostile(), large: await worlds.large(),
    night: await worlds.night(), "hostile-night": await worlds.hostileNight(), "large-night": await worlds.largeNight(),
  };
  const server = await new Server(pages).listen();
  let failed = 0;
  try {
    for (const one of CASES) {
      const wrong = await look(server, one);
      console.log(`${wrong.length === 0 ? "ok" : "FAIL"}  page ${one[0]}: ${one[1]}`);
      for (const text of wrong) console.log(`      ${text}`);
      failed += wrong.length;
    }
    if (pictures) await picture(server, pictures);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
