/* The list of cases. Only the rows near the visible ones are in the document. */

const DRAWN = 40;
const ABOVE = 12;
const PRINTED = 500;

const COLUMNS = [
  { name: "Verdict", sort: "", class: "c-verdict", draw: (each) => badge(each.verdict) },
  { name: "Case", sort: "title", class: "c-title", draw: titleLink },
  { name: "At fault", class: "c-culprit code", draw: (each) => each.culprit || "–" },
  { name: "Ops", class: "c-ops code", draw: (each) => each.ops.join(" ") },
  { name: "Nodes", sort: "nodes", class: "c-nodes num", draw: (each) => String(each.nodes) },
  { name: "Ulps", sort: "ulps", class: "c-ulps num", draw: (each) => figure(each.worst_ulps) },
  { name: "Time", sort: "time", class: "c-time num", draw: (each) => duration(each.seconds) },
];

const list = { rows: [], active: 0, height: 38, drawn: new Map(), filters: null, printing: false };

function titleLink(each) {
  return h("a", { href: caseHash(each.id), title: each.title, tabindex: "-1" }, each.title || each.id);
}

/** Put an empty table in its place, and listen. */
function makeList() {
  list.box = byId("list");
  list.box.tabIndex = -1;
  list.head = h("tr", { "aria-rowindex": "1" }, COLUMNS.map(heading));
  list.body = h("tbody");
  list.table = h("table", { "aria-labelledby": "cases-title" }, h("thead", {}, list.head), list.body);
  list.box.append(list.table);
  list.box.addEventListener("scroll", () => requestAnimationFrame(drawRows), { passive: true });
  list.box.addEventListener("keydown", moveByKey);
  list.body.addEventListener("click", openRow);
  addEventListener("beforeprint", () => setPrinting(true));
  addEventListener("afterprint", () => setPrinting(false));
}

function heading(column) {
  if (column.sort === undefined) return h("th", { scope: "col", class: column.class }, column.name);
  const onclick = () => setFilters({ ...list.filters, sort: column.sort });
  const button = h("button", { type: "button", class: "link", onclick, "data-sort": column.sort }, column.name);
  return h("th", { scope: "col", class: column.class }, button);
}

/** Show what the filters admit. */
function showList(filters) {
  if (list.filters && listHash(filters) === listHash(list.filters)) return drawRows();
  list.filters = filters;
  list.rows = select(filters);
  list.active = 0;
  list.box.scrollTop = 0;
  clearRows();
  markOrder(filters.sort);
  list.table.setAttribute("aria-rowcount", list.rows.length + 1);
  byId("list-status").textContent = describe(filters);
  drawRows();
}

function markOrder(sort) {
  COLUMNS.forEach((column, i) => {
    const on = column.sort === sort;
    const direction = column.sort === "" || column.sort === "title" ? "ascending" : "descending";
    if (on) list.head.cells[i].setAttribute("aria-sort", direction);
    else list.head.cells[i].removeAttribute("aria-sort");
  });
}

function describe({ q, verdict, op, fault }) {
  const total = page.run.cases.length;
  const limits = [
    verdict && `with verdict ${verdict}`,
    op && `that contain ${op}`,
    fault && `failing with ${fault} at fault`,
    q && `that match “${q}”`,
  ].filter(Boolean);
  if (!limits.length) return total === 1 ? "1 case" : `All ${count(total, "case")}`;
  return `${list.rows.length.toLocaleString("en")} of ${count(total, "case")}: those ${limits.join(", ")}`;
}

function clearRows() {
  list.drawn.clear();
  list.above = h("tr", { "aria-hidden": "true", class: "space" }, h("td"));
  list.below = list.above.cloneNode(true);
  list.body.replaceChildren(list.above, list.below);
}

function drawRows() {
  const [start, end] = range();
  const keepFocus = list.body.contains(document.activeElement);
  // Grow first and shrink last: a list that is shorter for a moment would be scrolled back.
  setSpace(start, end);
  addRows(start, end);
  for (const [i, row] of list.drawn) if (i < start || i >= end) drop(i, row);
  measure(start);
  if (keepFocus && !list.body.contains(document.activeElement)) list.box.focus({ preventScroll: true });
}

function addRows(start, end) {
  let next = list.below;
  for (let i = end - 1; i >= start; i--) {
    if (!list.drawn.has(i)) {
      list.drawn.set(i, makeRow(i));
      list.body.insertBefore(list.drawn.get(i), next);
    }
    next = list.drawn.get(i);
  }
}

function range() {
  if (list.printing) return [0, Math.min(PRINTED, list.rows.length)];
  const first = Math.floor(list.box.scrollTop / list.height) - ABOVE;
  const start = Math.max(0, Math.min(first, list.rows.length - DRAWN));
  return [start, Math.min(list.rows.length, start + DRAWN)];
}

function drop(i, row) {
  row.remove();
  list.drawn.delete(i);
}

function makeRow(i) {
  const each = list.rows[i];
  const cells = COLUMNS.map((column) => {
    const tag = column.name === "Case" ? "th" : "td";
    return h(tag, { class: column.class, scope: tag === "th" ? "row" : null }, column.draw(each));
  });
  const row = h("tr", { "aria-rowindex": i + 2, class: kindOf(each.verdict) }, cells);
  row.querySelector("a").tabIndex = i === list.active ? 0 : -1;
  return row;
}

function setSpace(start, end) {
  list.above.cells[0].style.height = `${start * list.height}px`;
  list.below.cells[0].style.height = `${(list.rows.length - end) * list.height}px`;
  list.above.hidden = start === 0;
  list.below.hidden = end === list.rows.length;
}

/** Text may be larger than the style sheet thinks. */
function measure(start) {
  const height = list.drawn.get(start)?.getBoundingClientRect().height;
  if (height && Math.abs(height - list.height) > 0.01) list.height = height;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function moveByKey(event) {
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.altKey || event.metaKey || !list.rows.length) return;
  event.preventDefault();
  moveTo(Math.max(0, Math.min(list.rows.length - 1, list.active + step)));
}

/** Make row ``i`` the one that the Tab key finds, bring it into view, and focus it. */
function moveTo(i) {
  const link = (at) => list.drawn.get(at)?.querySelector("a");
  if (link(list.active)) link(list.active).tabIndex = -1;
  list.active = i;
  const top = i * list.height;
  const room = list.box.clientHeight - list.head.offsetHeight - list.height;
  if (top < list.box.scrollTop) list.box.scrollTop = top;
  else if (top > list.box.scrollTop + room) list.box.scrollTop = top - room;
  drawRows();
  link(i).tabIndex = 0;
  link(i).focus({ preventScroll: true });
}

/** The whole row is a target for the pointer; the link in it is the one for everybody else. */
function openRow(event) {
  if (event.target.closest("a") || getSelection().toString()) return;
  const link = event.target.closest("tr")?.querySelector("a");
  if (link) location.hash = link.hash;
}

function setPrinting(printing) {
  list.printing = printing;
  if (!list.filters) return;
  const rest = list.rows.length - PRINTED;
  byId("list-print").textContent =
    rest > 0 ? `The first ${PRINTED} are printed; ${count(rest, "more case")} follow.` : "";
  drawRows();
}
