(() => {
  "use strict";
  // Milliseconds of work before the page may answer again.
  const SLICE = 6;
  const controls = document.getElementById("controls");
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const kinds = [...controls.querySelectorAll("input[type=checkbox][value]")];
  const rows = [...document.querySelectorAll(".change")];
  const apps = [...document.querySelectorAll(".app")];
  const domains = [...document.querySelectorAll(".domain")];
  const texts = new Array(rows.length);
  let latest = 0;

  const pause = () => new Promise((resolve) => setTimeout(resolve));

  // Does `work` for each of `items` without keeping the page busy; gives up when a later run began.
  async function each(items, run, work) {
    let until = performance.now() + SLICE;
    for (let at = 0; at < items.length; at += 1) {
      work(items[at], at);
      if (performance.now() > until) {
        await pause();
        if (run !== latest) return false;
        until = performance.now() + SLICE;
      }
    }
    return run === latest;
  }

  async function filter() {
    latest += 1;
    const run = latest;
    status.dataset.done = "false";
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.value));
    const shown = new Map();
    let count = 0;
    const decide = (row, at) => {
      texts[at] ??= row.textContent.toLowerCase();
      const fits = wanted.has(row.dataset.kind) && (!wanted.has("refused") || "refused" in row.dataset) && words.every((word) => texts[at].includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) {
        count += 1;
        const app = row.parentElement;
        shown.set(app, true);
        shown.set(app.parentElement, true);
      }
    };
    if (!(await each(rows, run, decide))) return;
    for (const group of [...apps, ...domains]) group.hidden = !shown.has(group);
    status.textContent = `${count} of ${rows.length} changes shown`;
    status.dataset.done = "true";
  }

  async function fold(open) {
    latest += 1;
    await each(rows, latest, (row) => { if (!row.hidden) row.open = open; });
  }

  search.addEventListener("input", filter);
  for (const kind of kinds) kind.addEventListener("change", filter);
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      filter();
    }
  });
  controls.hidden = false;
  filter();
})();
