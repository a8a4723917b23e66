(() => {
  "use strict";
  // Milliseconds of work before the page may answer again.
  const SLICE = 8;
  const controls = document.getElementById("controls");
  if (!controls) return;
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const kinds = [...controls.querySelectorAll("input[type=checkbox]")];
  const rows = [...document.querySelectorAll(".change")];
  // Whatever holds rows, outer before inner; each row and group knows the number of the group around it.
  const groups = [...document.querySelectorAll(".domain, .app, .part")];
  const numbers = new Map(groups.map((group, at) => [group, at]));
  const around = (element) => numbers.get(element.parentElement.closest(".domain, .app, .part")) ?? -1;
  const groupOfGroup = groups.map(around);
  const groupOfRow = rows.map(around);
  const texts = new Array(rows.length);
  let filterRun = 0;
  let foldRun = 0;
  let filtered = Promise.resolve();

  const pause = () => new Promise((resolve) => setTimeout(resolve));

  // Does `work` for each row without keeping the page busy; gives up once it is not wanted any more.
  async function each(isWanted, work) {
    let until = performance.now() + SLICE;
    for (let at = 0; at < rows.length; at += 1) {
      work(at);
      if (performance.now() > until) {
        await pause();
        if (!isWanted()) return false;
        until = performance.now() + SLICE;
      }
    }
    return isWanted();
  }

  function textOf(row) {
    const inside = row.querySelector("tbody").textContent;
    return `${row.firstElementChild.textContent} ${inside} ${row.querySelector("p").textContent}`.toLowerCase();
  }

  async function filter() {
    filterRun += 1;
    const run = filterRun;
    const isWanted = () => run === filterRun;
    status.dataset.done = "false";
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.value));
    const fits = new Uint8Array(rows.length);
    const counts = new Array(groups.length).fill(0);
    let count = 0;
    const decide = (at) => {
      const row = rows[at];
      if (!wanted.has(row.dataset.kind)) return;
      if (wanted.has("refused") && !("refused" in row.dataset)) return;
      if (wanted.has("own") && "pending" in row.dataset) return;
      if (words.length > 0) texts[at] ??= textOf(row);
      if (!words.every((word) => texts[at].includes(word))) return;
      fits[at] = 1;
      count += 1;
      counts[groupOfRow[at]] += 1;
    };
    if (!(await each(isWanted, decide))) return;
    for (let at = groups.length - 1; at >= 0; at -= 1) {
      const outer = groupOfGroup[at];
      if (outer >= 0) counts[outer] += counts[at];
    }
    groups.forEach((group, at) => {
      if (group.hidden !== (counts[at] === 0)) group.hidden = counts[at] === 0;
      if (group.dataset.rows !== undefined) group.dataset.rows = counts[at];
    });
    status.textContent = `${count} of ${rows.length} changes shown`;
    // Rows of a hidden group are out of sight anyway.
    const show = (at) => {
      if (counts[groupOfRow[at]] > 0 && rows[at].hidden !== !fits[at]) rows[at].hidden = !fits[at];
    };
    if (await each(isWanted, show)) status.dataset.done = "true";
  }

  function start() {
    filtered = filter();
    return filtered;
  }

  async function fold(open) {
    foldRun += 1;
    const run = foldRun;
    await filtered;
    const isShown = (at) => !rows[at].hidden && !(groups[groupOfRow[at]]?.hidden ?? false);
    await each(() => run === foldRun, (at) => {
      if (isShown(at) && rows[at].open !== open) rows[at].open = open;
    });
  }

  // A tile leads to its app even where a filter has hidden it.
  async function follow(event) {
    const link = event.target.closest("a.tile");
    const app = link && document.getElementById(link.hash.slice(1));
    if (!app) return;
    app.open = true;
    if (!app.closest("[hidden]")) return;
    event.preventDefault();
    controls.reset();
    await start();
    location.hash = link.hash;
    app.scrollIntoView();
  }

  search.addEventListener("input", start);
  for (const kind of kinds) kind.addEventListener("change", start);
  controls.addEventListener("reset", () => setTimeout(start));
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));
  document.addEventListener("click", follow);
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      start();
    }
  });
  controls.hidden = false;
  start();
})();
