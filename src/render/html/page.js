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
  // Of each row what all its configurations share, and the configurations one by one.
  const texts = new Array(rows.length);
  const items = rows.map((row) => [...row.querySelector(".addresses").children]);
  const total = items.reduce((sum, one) => sum + one.length, 0);
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

  function textOf(at) {
    const part = (selector) => rows[at].querySelector(selector).textContent;
    const badges = [...rows[at].firstElementChild.querySelectorAll(".symbol, .what, .badge")];
    const shared = [...badges.map((badge) => badge.textContent), part("tbody"), part("p")].join(" ").toLowerCase();
    return { shared, each: items[at].map((item) => item.textContent.toLowerCase()) };
  }

  // How many configurations of a row hold all words; the others are out of sight in it.
  function matching(at, words) {
    if (words.length > 0) texts[at] ??= textOf(at);
    let count = 0;
    items[at].forEach((item, which) => {
      const fits = words.every((word) => texts[at].shared.includes(word) || texts[at].each[which].includes(word));
      if (item.hidden === fits) item.hidden = !fits;
      if (fits) count += 1;
    });
    const times = rows[at].querySelector(".times");
    const text = count < items[at].length ? `${count} of ×${items[at].length}` : `×${items[at].length}`;
    if (times && times.textContent !== text) times.textContent = text;
    return count;
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
      const matches = matching(at, words);
      if (matches === 0) return;
      fits[at] = 1;
      count += matches;
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
      if (words.length > 0 && counts[at] > 0 && group.tagName === "DETAILS") group.open = true;
    });
    status.textContent = `${count} of ${total} changes shown`;
    keep();
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

  // Shows what a link leads to, even where it is folded away or a filter has hidden it.
  async function reveal(id) {
    const target = document.getElementById(id) ?? document.getElementById(decoded(id));
    if (!target) return;
    if (target.closest("[hidden]")) {
      controls.reset();
      await start();
    }
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
    }
    document.querySelector(".sought")?.classList.remove("sought");
    target.classList.add("sought");
    target.scrollIntoView();
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  // Open rows that the address keeps.
  const KEPT = 20;
  // Milliseconds without a change before the address is written: a browser takes only so many addresses in a while.
  const CALM = 400;
  let keeping;
  let isRestored = false;

  const named = (row) => row.querySelector(".addresses").firstElementChild.id;
  const apps = [...document.querySelectorAll(".app")];
  const usuallyOpen = new Set(apps.filter((app) => app.open));

  // What is searched, ticked and open, in the page's address, so that a reload or a copied address shows the same.
  function keep() {
    if (!isRestored) return;
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      const state = new URLSearchParams();
      if (search.value !== "") state.set("find", search.value);
      for (const kind of kinds) if (kind.checked !== kind.defaultChecked) state.append("turned", kind.value);
      for (const app of apps) if (app.open !== usuallyOpen.has(app)) state.append("app", app.id);
      for (const row of rows.filter((row) => row.open).slice(0, KEPT)) state.append("open", named(row));
      history.replaceState(null, "", state.size > 0 ? `#?${state}` : location.pathname + location.search);
    }, CALM);
  }

  async function restore() {
    const wanted = location.hash;
    if (!wanted.startsWith("#?")) {
      await start();
      if (wanted.length > 1) await reveal(wanted.slice(1));
      return;
    }
    const state = new URLSearchParams(wanted.slice(2));
    const turned = new Set(state.getAll("turned"));
    search.value = state.get("find") ?? "";
    for (const kind of kinds) kind.checked = kind.defaultChecked !== turned.has(kind.value);
    await start();
    const turnedApps = new Set(state.getAll("app"));
    for (const app of apps) app.open = usuallyOpen.has(app) !== turnedApps.has(app.id);
    for (const id of state.getAll("open").slice(0, KEPT)) {
      const row = document.getElementById(id)?.closest(".change");
      if (row) row.open = true;
    }
  }

  async function copy(button) {
    const command = document.getElementById("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command);
      button.textContent = "Selected: copy it";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  search.addEventListener("input", start);
  for (const kind of kinds) kind.addEventListener("change", start);
  controls.addEventListener("reset", () => setTimeout(start));
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link?.hash === location.hash) reveal(link.hash.slice(1));
  });
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#?")) restore();
    else reveal(location.hash.slice(1));
  });
  // It does not bubble.
  document.addEventListener("toggle", keep, true);
  const copier = document.getElementById("copy");
  if (copier) {
    copier.hidden = false;
    copier.addEventListener("click", () => copy(copier));
  }
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
  restore().then(() => (isRestored = true));
})();
