// What must hold of the page of a plan or an audit in a browser. Each check takes a page and gives back what is wrong with it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { HOSTILE } from "./worlds.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/// Compares, and says what was found where it is not what should be.
export function same(what, found, wanted) {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
  return one === other ? [] : [`${what}: ${one}, not ${other}`];
}

export function holds(what, condition) {
  return condition ? [] : [what];
}

/// Waits until the filter says so and its work is done.
export async function settled(page, status) {
  const reached = (wanted) => {
    const { textContent, dataset } = document.getElementById("status");
    return textContent === wanted && dataset.done === "true";
  };
  try {
    await page.waitForFunction(reached, status, { timeout: 10_000, polling: 50 });
    return [];
  } catch {
    return same("status", await page.textContent("#status"), status);
  }
}

/// Nothing of a stranger may run in the page, whatever finds its way into it.
export async function policy(page) {
  const content = await page.getAttribute("meta[http-equiv=Content-Security-Policy]", "content");
  const hash = "'sha256-[A-Za-z0-9+/]{43}='";
  const strict = `^default-src 'none'; style-src ${hash}; script-src ${hash}; img-src data:; base-uri 'none'; form-action 'none'$`;
  const refused = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.injected = true";
    const image = document.createElement("img");
    image.setAttribute("onerror", "globalThis.injected = true");
    const styled = document.createElement("p");
    styled.setAttribute("style", "color: red");
    document.body.append(script, image, styled);
    image.src = "data:image/png,broken";
    await fetch("/elsewhere").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { injected: globalThis.injected === true, violations: globalThis.violations.sort() };
  });
  const violations = ["connect-src", "script-src-attr", "script-src-elem", "style-src-attr"];
  return [
    ...holds(`the policy is ${content}`, new RegExp(strict).test(content)),
    ...same("what the policy refused", refused, { injected: false, violations }),
  ];
}

/// All is there to be read and folded without a script.
export async function withoutScripts(page, rows) {
  const wrong = [
    ...same("visible controls", await page.locator("#controls").isVisible(), false),
    ...same("rows", await page.locator(".change > summary:visible").count(), rows),
    ...same("totals", await page.locator(".totals li").allInnerTexts(), ["1 to replace", "1 to delete", "5 to update", "2 to create", "5 unchanged"].map((text) => text.replace(" ", "\n"))),
  ];
  const row = page.locator(".change", { hasText: "live.example.com/show/cam1" });
  const cells = row.locator("tbody tr").first();
  wrong.push(...same("fields of a folded row are visible", await cells.isVisible(), false));
  await row.locator("summary").click();
  wrong.push(...same("a field", await cells.locator("th, td").allInnerTexts(), ["cycle_duration", "1h", "2h", "livevod.yaml:18"]));
  const link = await cells.locator("a").getAttribute("href");
  wrong.push(...same("its origin", link, "https://git.example/live/livevod.yaml#L18"));
  await page.locator(".app > summary", { hasText: "league" }).click();
  wrong.push(...same("rows once an app is folded", await page.locator(".change > summary:visible").count(), rows - 2));
  return wrong;
}

/// Search and filters show what they say, and say how much that is.
export async function filters(page) {
  const wrong = await settled(page, "9 of 9 changes shown");
  const shows = async (what, count) => {
    const wrong = await settled(page, `${count} of 9 changes shown`);
    const shown = page.locator(".change:visible").locator(".addresses li:not([hidden])");
    wrong.push(...same("configurations", await shown.count(), count));
    return wrong.map((text) => `${what}: ${text}`);
  };
  const kind = (name) => page.locator(`#controls input[value=${name}]`);
  for (const [words, count] of [["CAM1", 1], ["vip", 2], ["second-bucket", 1], ["show cycle", 5], ["livevod.yaml:18", 1], ["nothing here", 0], ["", 9]]) {
    await page.fill("#search", words);
    wrong.push(...(await shows(`search for "${words}"`, count)));
  }
  await page.fill("#search", "league");
  wrong.push(...(await shows("one app", 2)));
  wrong.push(...same("domains", await page.locator(".domain h3:visible").allInnerTexts(), ["sport.example.com"]));
  await kind("create").uncheck();
  wrong.push(...(await shows("without creates", 1)));
  // A tile leads even to what the filter hides.
  await page.locator("a.tile", { hasText: "news" }).click();
  wrong.push(...(await shows("after a tile", 9)));
  await kind("refused").check();
  wrong.push(...(await shows("only refused", 2)));
  await kind("replace").uncheck();
  wrong.push(...(await shows("only refused, no replaces", 1)));
  await page.getByRole("button", { name: "Show all" }).click();
  wrong.push(...(await shows("all again", 9)));
  await page.getByRole("button", { name: "Unfold all" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".change[open]").length === 8);
  await page.getByRole("button", { name: "Fold all", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll(".change[open]").length === 0);
  return wrong;
}

/// What has the focus, and whether that can be seen.
async function focus(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const inside = left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
    const text = element.id || element.value || element.innerText;
    return { text: text.split("\n")[0].trim(), seen: inside && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
  });
}

/// All can be reached and done with the keyboard, in the order of the page, and the focus is always seen.
export async function keyboard(page) {
  const wrong = await settled(page, "9 of 9 changes shown");
  const press = async (key) => {
    await page.keyboard.press(key);
    const { text, seen } = await focus(page);
    if (!seen) wrong.push(`the focus on "${text}" can't be seen`);
    return text;
  };
  wrong.push(...same("first stop", await press("Tab"), "Skip to the changes"));
  await page.keyboard.press("Enter");
  const stops = [];
  for (let at = 0; at < 12; at += 1) stops.push(await press("Tab"));
  wrong.push(
    ...same("stops behind the skip link", stops, [
      "search", "replace", "delete", "update", "create", "refused", "Show all", "unfold", "fold", "news 1 update, 1 unaffected",
      "~",
      "show 1 replace, 1 delete, 3 updates, 1 create, 1 unaffected",
    ]),
  );
  await page.keyboard.press("Shift+Tab");
  const open = () => page.evaluate(() => document.activeElement.parentElement.open);
  for (const [key, wanted] of [["Enter", true], ["Space", false], ["Space", true], ["Enter", false]]) {
    await page.keyboard.press(key);
    wrong.push(...same(`open after ${key}`, await open(), wanted));
  }
  wrong.push(...same("focus after /", await press("/"), "search"));
  await page.keyboard.type("cam1/");
  wrong.push(...same("a slash within the search", await page.inputValue("#search"), "cam1/"));
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Enter");
  wrong.push(...(await settled(page, "1 of 9 changes shown")));
  await page.keyboard.press("Escape");
  return [...wrong, ...(await settled(page, "9 of 9 changes shown"))];
}

/// What is searched, ticked and open is in the page's address, every configuration has a link, and the command can be copied.
export async function address(page) {
  const wrong = await settled(page, "9 of 9 changes shown");
  await page.fill("#search", "show");
  await page.locator("#controls input[value=create]").uncheck();
  await page.locator(".change", { hasText: "show/main" }).locator("summary").click();
  await page.waitForFunction(() => ["find=show", "turned=create", "open=live.example.com%2Fshow%2Fmain"].every((part) => location.hash.includes(part)));
  await page.reload();
  wrong.push(...(await settled(page, "5 of 9 changes shown")));
  const open = () => page.locator(".change[open] > summary code").allInnerTexts();
  wrong.push(...same("open after a reload", await open(), ["live.example.com/show/main"]));
  wrong.push(...same("search after a reload", await page.inputValue("#search"), "show"));
  // A link leads to one of several that read alike, though it was filtered out.
  await page.fill("#search", "nothing");
  await settled(page, "0 of 9 changes shown");
  await page.evaluate(() => (location.hash = "#live.example.com/show/cam3"));
  wrong.push(...(await settled(page, "9 of 9 changes shown")));
  const sought = page.locator("li.sought");
  await sought.waitFor();
  wrong.push(...same("sought", await sought.allInnerTexts(), ["live.example.com/show/cam3"]));
  wrong.push(...same("its row is open", (await open()).includes("live.example.com/show/cam2"), true));
  // One that no plan holds leads nowhere, and does no harm.
  await page.evaluate(() => (location.hash = "#%E0%A4%A"));
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const command = await page.locator("#command").innerText();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  wrong.push(...same("copied", await page.evaluate(() => navigator.clipboard.readText()), command));
  return [...wrong, ...holds(`the command is ${command}`, /^livevod apply --expect-digest sha256:[0-9a-f]{64} --allow-recording-gap/.test(command))];
}

/// Names and roles as those hear them who see nothing.
export async function spoken(page) {
  await page.locator(".change", { hasText: "live.example.com/show/main" }).locator("summary").click();
  const snapshot = await page.locator("body").ariaSnapshot();
  const parts = [
    'heading "Plan: 3 to add, 5 to change, 2 to destroy." [level=1]',
    'list "Changes by kind"',
    'region "Refused"',
    'region "Apply exactly this plan, with every guard allowed"',
    'button "Copy"',
    'list "Configurations"',
    'link "live.example.com/show/main"',
    'region "What to look at"',
    'heading "Domains and apps" [level=2]',
    'link "show refused 1 replace, 1 delete, 3 updates, 1 create, 1 unaffected"',
    'search "Changes"',
    'searchbox "Search addresses, settings, values and origins"',
    'group "Kinds of changes"',
    'checkbox "-/+ replace 1" [checked]',
    'button "Unfold all"',
    "status: 9 of 9 changes shown",
    'heading "live.example.com" [level=3]',
    'heading "show" [level=4]',
    'columnheader "before"',
    'rowheader "storage_location forces replacement"',
    'cell "second-bucket.oss-cn-shanghai.aliyuncs.com"',
    'link "livevod.yaml:21"',
    "banner",
    "main",
    "contentinfo",
  ];
  return parts.filter((part) => !snapshot.includes(part)).map((part) => `no ${part} in\n${snapshot}`);
}

/// What was pending on the target branch is told, and stands apart from what the files change.
export async function beside(page) {
  const wrong = await settled(page, "4 of 4 changes shown");
  const told = async (what, text) => holds(`nothing says "${text}"`, (await page.locator(what).innerText()).includes(text));
  wrong.push(...(await told("header", "Compared with main: 2 changes were pending; these files add 2.")));
  for (const text of [
    "1 no longer protected: sport.example.com/cup/final",
    "1 no longer declared, left alone: sport.example.com/cup/final",
    "live.example.com/show/cam3 was pending and no longer is: update, cycle_duration 1h → 1h30m",
  ]) wrong.push(...(await told("section.notes", text)));
  const rows = page.locator(".change:visible > summary");
  const shown = async () => (await rows.locator("code").allInnerTexts()).map((text) => text.split("/").at(-1)).sort();
  const marked = rows.filter({ has: page.locator(".badge", { hasText: "already pending" }) });
  wrong.push(...same("all", await shown(), ["cam1", "cam2", "main", "old"]));
  wrong.push(...same("pending", (await marked.locator("code").allInnerTexts()).sort(), ["live.example.com/show/cam1", "live.example.com/show/main"]));
  await page.locator(".change", { hasText: "show/cam2" }).locator("summary").click();
  wrong.push(...(await told(".change[open]", "was pending: update, cycle_duration 1h → 1h30m")));
  const own = page.getByRole("checkbox", { name: "only with these files" });
  await own.check();
  wrong.push(...(await settled(page, "2 of 4 changes shown")));
  wrong.push(...same("only with these files", await shown(), ["cam2", "old"]));
  await page.getByRole("button", { name: "Show all" }).click();
  wrong.push(...(await settled(page, "4 of 4 changes shown")));
  return [...wrong, ...same("ticked once all are shown", await own.isChecked(), false)];
}

/// The rules of axe, contrast among them.
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const wrong = violations.map(({ id, help, nodes }) => `axe ${id}: ${help}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  return [...wrong, ...holds("axe looked at contrast", passes.some(({ id }) => id === "color-contrast"))];
}

/// No text is cut off at the side.
export async function fits(page) {
  const [wide, most] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  return holds(`the page is ${wide} wide in a window of ${most}`, wide <= most);
}

/// What a stranger wrote is text.
export async function inert(page) {
  const found = await page.evaluate(() => ({
    scripts: document.scripts.length,
    styles: document.querySelectorAll("style").length,
    strangers: [...document.querySelectorAll("img, iframe, object, embed, b b, [onload], [onerror], [style]")].map((one) => one.outerHTML),
    mains: document.querySelectorAll("main").length,
    violations: globalThis.violations,
  }));
  const text = await page.evaluate(() => document.body.textContent);
  const told = HOSTILE.filter((one) => !one.includes("\u202e")).filter((one) => !text.includes(one));
  return [
    ...same("what is in the page", found, { scripts: 1, styles: 1, strangers: [], mains: 1, violations: [] }),
    ...same("what can't be read", told, []),
    ...holds("marks that turn text around are written out", !/[\u202a-\u202e]/.test(text) && text.includes("\\u{202e}gnol")),
  ];
}

/// An audit tells what became of each stream, without colour, and boxes choose the verdicts that are shown.
export async function verdicts(page) {
  const streams = page.locator(".stream > summary:visible code");
  const names = async () => (await streams.allTextContents()).map((text) => text.split("/").at(-1));
  const wrong = same("streams that need attention", await names(), ["Show", "cam2", "cam3"]);
  const snapshot = await page.locator("main").ariaSnapshot();
  for (const text of [
    "not recorded: no recording is listed", "partly recorded: 15 min missing", "unknown whether it was recorded",
    "no configuration applied to it", "is declared, and the names differ only in case", "Publish it as", "3 recordings in VOD",
    'link "livevod.yaml:5"', "4 h 12 min on air, 0 s recorded", 'checkbox "not recorded (1)" [checked]', "3 sessions of 3 streams",
  ]) wrong.push(...holds(`no ${text} in\n${snapshot}`, snapshot.includes(text)));
  const lanes = page.locator(".stream").first().locator(".lanes > span:not(.axis)");
  wrong.push(...same("lanes", (await lanes.allInnerTexts()).filter(Boolean), ["on air", "recorded", "missing"]));
  await page.getByRole("checkbox", { name: "not recorded (1)" }).uncheck();
  wrong.push(...same("without those that are missing", await names(), ["cam2", "cam3"]));
  await page.locator("summary", { hasText: "3 sessions of 3 streams" }).click();
  wrong.push(...same("with those of which nothing is missing", await names(), ["cam2", "cam3", "cam4", "cam1", "cam5"]));
  return wrong;
}

/// An audit on paper: no boxes.
export async function printedAudit(page) {
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  return [
    ...same("printed boxes", await page.locator(".verdicts").isVisible(), false),
    ...same("printed streams", await page.locator(".stream > summary:visible").count(), 3),
  ];
}

/// Of ten thousand sessions those that need attention are open, the others folded by stream.
export async function folded(page) {
  const wrong = await fits(page);
  const shown = () => page.locator(".stream > summary:visible").count();
  wrong.push(...same("streams", await shown(), 10));
  await page.locator("summary", { hasText: "9900 sessions of 990 streams" }).click();
  wrong.push(...same("streams, unfolded", await shown(), 1_000));
  return [...wrong, ...(await fits(page))];
}

/// Nothing moves for those who want it still, nor for anybody else.
export async function still(page) {
  await page.locator(".change > summary").first().click();
  await page.locator("a.tile").first().hover();
  return same("animations", await page.evaluate(() => document.getAnimations().length), 0);
}

/// On paper: all rows, no controls, dark on light.
export async function printed(page, rows) {
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  const wrong = [
    ...same("printed controls", await page.locator("#controls").isVisible(), false),
    ...same("printed rows", await page.locator(".change > summary:visible").count(), rows),
  ];
  const pdf = await page.pdf({ format: "A4" });
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  return [...wrong, ...holds(`${pages} printed pages`, pages >= 1 && pages <= 1 + rows / 4)];
}

/// Light and dark paper, as the reader's system says.
export async function schemes(page) {
  const papers = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)));
  }
  const [light, dark] = papers.map((paper) => Math.max(...paper));
  return holds(`paper is ${light} bright in light and ${dark} in dark`, light > 230 && dark < 40);
}
