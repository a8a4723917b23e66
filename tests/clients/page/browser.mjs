// A browser of its own for each look at a page, and a server that tells every request that it gets.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/// Serves the pages by name on loopback.
export class Server {
  constructor(pages) {
    this.requests = [];
    this.server = createServer((request, response) => {
      this.requests.push(request.url);
      const page = pages[request.url.slice(1)];
      response.writeHead(page ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
      response.end(page ?? "");
    });
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.base = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/// Opens a page in a new browser without a past, and gives it to `look`, with all that went wrong meanwhile.
export async function visit(executablePath, url, options, look) {
  const folder = mkdtempSync(join(tmpdir(), "livevod-page-"));
  const settings = { executablePath, headless: true, args: ARGUMENTS, viewport: { width: 1280, height: 800 }, ...options };
  const context = await chromium.launchPersistentContext(folder, settings);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    const wrong = watch(page);
    await context.addInitScript(() => {
      globalThis.violations = [];
      addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
      globalThis.pwned = () => globalThis.violations.push("pwned");
    });
    await page.goto(url);
    return await look(page, wrong);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/// What the page says is wrong, and where it goes.
function watch(page) {
  const wrong = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("requestfailed", (request) => wrong.push(`request failed: ${request.url()}`));
  return wrong;
}
