/* Which view is shown. */

function show() {
  const { id, filters } = readRoute();
  if (id === null) showFront(filters);
  else showCase(id);
  document.documentElement.dataset.shown = location.hash;
}

function showFront(filters) {
  const back = byId("front").hidden;
  lastList = listHash(filters);
  byId("front").hidden = false;
  byId("page").hidden = true;
  document.title = frontTitle;
  syncForm(filters);
  showList(filters);
  if (back) returnToList();
}

/** Back from a case: to the row it was opened from, with the list and the page where they were. */
function returnToList() {
  byId("page").replaceChildren();
  list.box.scrollTop = list.top ?? 0;
  scrollTo(0, list.pageTop ?? 0);
  drawRows();
  const at = list.rows.findIndex((each) => each.id === list.opened);
  if (at >= 0) moveTo(at);
}

function showCase(id) {
  if (!byId("front").hidden) [list.top, list.pageTop] = [list.box.scrollTop, scrollY];
  if (!list.filters) showList(readRoute().filters);
  list.opened = id;
  byId("front").hidden = true;
  byId("page").hidden = false;
  scrollTo(0, 0);
  drawCase(id);
}

const FIELDS = { q: "filter-q", verdict: "filter-verdict", op: "filter-op" };

/** The form shows the filters; a field that is being typed in is left alone. */
function syncForm(filters) {
  for (const [name, id] of Object.entries(FIELDS)) {
    if (byId(id).value.trim() !== filters[name]) byId(id).value = filters[name];
  }
  byId("filter-clear").hidden = !FILTERS.some((name) => name !== "sort" && filters[name]);
}

function listenToForm() {
  for (const [name, id] of Object.entries(FIELDS)) {
    byId(id).addEventListener("input", (event) => setFilters({ ...list.filters, [name]: event.target.value.trim() }));
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filter-clear").addEventListener("click", () => {
    setFilters({ sort: list.filters.sort });
    byId("filter-q").focus();
  });
}

/** The numbers on the front page filter the list. */
function listenToNumbers() {
  byId("front").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-op], button[data-verdict], button[data-fault]");
    if (!button) return;
    const { op, verdict, fault } = button.dataset;
    location.hash = listHash({ op, verdict, fault, sort: list.filters.sort });
    byId("cases-title").scrollIntoView();
    byId("cases-title").focus({ preventScroll: true });
  });
}

/** The skip link must not replace the filters in the hash. */
function listenToSkip() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
}

function say(message) {
  byId("cases").hidden = false;
  byId("filters").hidden = true;
  byId("list-status").textContent = message;
}

const frontTitle = document.title;

async function start() {
  if (typeof DecompressionStream === "undefined")
    return say("This browser is too old to unpack the cases; any of the last two years can.");
  await readPage();
  byId("cases").hidden = false;
  makeList();
  listenToForm();
  listenToNumbers();
  listenToSkip();
  addEventListener("hashchange", show);
  show();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

start().catch((error) => {
  say(`The cases in this file cannot be read: ${error.message}`);
  throw error;
});
