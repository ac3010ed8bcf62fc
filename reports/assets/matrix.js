/* What the three witnesses say of one derivative, entry by entry. */

const LINES = 200;
const SIDE = 30;
const FEW = 16;

const WITNESSES = [
  { name: "Backward", value: "backward", note: "what the target returned" },
  { name: "Proven", value: "proven", radius: "radius", note: "the enclosure that holds the true value" },
  {
    name: "Finite difference",
    value: "finite_difference",
    radius: "finite_difference_error",
    note: "a second opinion, with its own estimate of its error",
  },
];

const MARGINS = [
  {
    name: "Tolerance",
    value: "tolerance",
    note: "how far a sound implementation may be off, computed from the budgets",
  },
  { name: "Ulps", value: "ulps", note: "how far the target is off, in units in the last place" },
];

/** The tables of one (output, input) pair. */
function drawMatrix(matrix) {
  const entries = entriesOf(matrix);
  const off = entries.filter((entry) => differs(matrix, entry));
  const title = `Derivative of ${matrix.output} by ${matrix.input}`;
  const section = h("section", { class: "matrix" }, h("h4", {}, title), h("p", {}, sentence(matrix, entries, off)));
  if (!entries.length) return section;
  const flat = matrix.rows.length === 1 || entries.length <= FEW;
  if (flat || off.length) section.append(entryTable(matrix, flat ? entries : off, title));
  if (!flat) section.append(...grids(matrix, off));
  return section;
}

const entriesOf = (matrix) => matrix.rows.flatMap((_, r) => matrix.columns.map((_, c) => [r, c]));

const differs = (matrix, [r, c]) => !["pass", "told"].includes(kindOf(matrix.verdicts[r][c]));

function sentence(matrix, entries, off) {
  const size = `${matrix.rows.length} × ${matrix.columns.length}`;
  if (!entries.length) return `This derivative has no entries (${size}).`;
  if (!off.length) return `${tally(matrix, entries)} (${size}).`;
  const verb = off.length === 1 ? "lies" : "lie";
  const marks = "The sign ✗ marks them, and the digits that depart from the proven value are underlined.";
  const share = `${off.length.toLocaleString("en")} of ${count(entries.length, "entry", "entries")} (${size})`;
  return `${share} ${verb} outside the tolerance. ${marks}`;
}

function tally(matrix, entries) {
  const verdicts = entries.map(([r, c]) => matrix.verdicts[r][c]);
  const alike = verdicts.every((verdict) => verdict === verdicts[0]);
  if (alike && verdicts[0] === "VERIFIED")
    return `${count(entries.length, "entry lies", "entries lie")} within the tolerance`;
  const counts = [...new Set(verdicts)].map(
    (name) => `${verdicts.filter((verdict) => verdict === name).length} ${name}`,
  );
  return `${count(entries.length, "entry", "entries")}: ${counts.join(", ")}`;
}

/** One line per entry, all witnesses beside each other. */
function entryTable(matrix, entries, title) {
  const shown = cut(matrix, entries);
  const oneRow = matrix.rows.length === 1;
  const heads = ["Entry", "Backward", "Proven", "Finite difference", "Tolerance", "Ulps", "Verdict"];
  const head = h(
    "tr",
    {},
    heads.map((name) => h("th", { scope: "col", class: name === "Ulps" ? "num" : null }, name)),
  );
  const lines = shown.map((entry) => entryLine(matrix, entry, oneRow));
  const table = h("table", { class: "entries" }, h("thead", {}, head), h("tbody", {}, lines));
  const parts = [scroller(title, table)];
  if (shown.length < entries.length) {
    const share = `${shown.length} of ${count(entries.length, "entry", "entries")}`;
    parts.push(h("p", { class: "muted" }, `${share} are shown, those that differ first; replay the case for all.`));
  }
  return h("div", {}, parts);
}

/** As many entries as can be read, and none that differs left out for one that does not. */
function cut(matrix, entries) {
  if (entries.length <= LINES) return entries;
  const off = entries.filter((entry) => differs(matrix, entry));
  return [...off, ...entries.filter((entry) => !differs(matrix, entry))].slice(0, LINES);
}

function entryLine(matrix, [r, c], oneRow) {
  const off = differs(matrix, [r, c]);
  const name = oneRow ? matrix.columns[c] : `${matrix.rows[r]} by ${matrix.columns[c]}`;
  const cells = WITNESSES.map((witness) => h("td", { class: "code" }, cellParts(matrix, witness, r, c)));
  return h(
    "tr",
    { class: off ? "off" : null },
    h("th", { scope: "row", class: "code" }, name),
    cells,
    h("td", { class: "code" }, matrix.tolerance[r][c]),
    h("td", { class: "code num" }, matrix.ulps[r][c]),
    h("td", {}, badge(matrix.verdicts[r][c])),
  );
}

/** The text of a value with what surrounds it: the sign and the differing digits, or the radius. */
function cellParts(matrix, witness, r, c) {
  const value = matrix[witness.value][r][c];
  const marked = witness.value === "backward" && differs(matrix, [r, c]);
  const parts = marked ? markDigits(value, matrix.proven[r][c]) : [value];
  if (witness.radius) parts.push(h("span", { class: "radius" }, ` ± ${matrix[witness.radius][r][c]}`));
  return parts;
}

function markDigits(value, proven) {
  let same = 0;
  while (same < value.length && value[same] === proven[same]) same++;
  const sign = h("span", { class: "sign", "aria-hidden": "true" }, "✗");
  const unseen = h("span", { class: "unseen" }, "differs: ");
  return [sign, unseen, " ", value.slice(0, same), h("u", {}, value.slice(same))];
}

/** The matrices themselves, as far as they can be read. */
function grids(matrix, off) {
  const rows = near(
    matrix.rows.length,
    off.map(([r]) => r),
  );
  const columns = near(
    matrix.columns.length,
    off.map(([, c]) => c),
  );
  const draw = (witness) => grid(matrix, witness, rows, columns);
  const margins = h(
    "details",
    {},
    h("summary", {}, "Tolerance and ulps of each entry"),
    h("div", { class: "grids" }, MARGINS.map(draw)),
  );
  const whole = rows.length === matrix.rows.length && columns.length === matrix.columns.length;
  const height = `${rows.length} of ${count(matrix.rows.length, "row")}`;
  const width = `${columns.length} of ${count(matrix.columns.length, "column")}`;
  const note = `${height} and ${width} are shown, those with differing entries before others; replay the case for all.`;
  return [
    whole ? null : h("p", { class: "muted" }, note),
    h("div", { class: "grids" }, WITNESSES.map(draw)),
    margins,
  ].filter(Boolean);
}

/** At most ``SIDE`` indices below ``size``: the wanted ones, filled up from the start. */
function near(size, wanted) {
  const chosen = new Set([...new Set(wanted)].sort((a, b) => a - b).slice(0, SIDE));
  for (let i = 0; i < size && chosen.size < SIDE; i++) chosen.add(i);
  return [...chosen].sort((a, b) => a - b);
}

function grid(matrix, witness, rows, columns) {
  const head = h(
    "tr",
    {},
    h("td", {}),
    columns.map((c) => h("th", { scope: "col", class: "code" }, matrix.columns[c])),
  );
  const body = rows.map((r) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", class: "code" }, matrix.rows[r]),
      columns.map((c) => gridCell(matrix, witness, r, c)),
    ),
  );
  const label = `${witness.name}: ${witness.note}`;
  const table = h(
    "table",
    { class: "grid" },
    h("caption", {}, h("strong", {}, witness.name), `, ${witness.note}`),
    h("thead", {}, head),
    h("tbody", {}, body),
  );
  return scroller(label, table);
}

const gridCell = (matrix, witness, r, c) =>
  h("td", { class: differs(matrix, [r, c]) ? "code off" : "code" }, cellParts(matrix, witness, r, c));
