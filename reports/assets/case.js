/* The page of one case. */

/** Draw the page of the case with this id. */
function drawCase(id) {
  const each = page.cases.get(id);
  const parts = each ? [heading1(each), facts(each), ...body(each)] : unknownCase(id);
  byId("page").replaceChildren(crumbs(each), ...parts);
  document.title = `${each ? each.title : "Unknown case"} – Gradproof`;
  byId("page").querySelector("h1").focus({ preventScroll: true });
}

function unknownCase(id) {
  return [
    h("h1", { tabindex: "-1" }, "No such case"),
    h("p", {}, "This report has no case with the id ", h("code", {}, id), ". It may belong to another run."),
  ];
}

/** The way back to the list as it was, and to the neighbours in it. */
function crumbs(each) {
  const at = each ? list.rows.indexOf(each) : -1;
  const step = (other, words) => (other ? h("a", { href: caseHash(other.id) }, words) : null);
  const links = [
    h("a", { href: lastList }, "← All cases"),
    at > 0 ? step(list.rows[at - 1], "Previous") : null,
    at >= 0 ? step(list.rows[at + 1], "Next") : null,
    at >= 0
      ? h("span", { class: "muted" }, `${(at + 1).toLocaleString("en")} of ${list.rows.length.toLocaleString("en")}`)
      : null,
  ];
  return h("nav", { class: "crumbs", "aria-label": "Cases" }, links);
}

function heading1(each) {
  return h(
    "header",
    { class: "case-head" },
    h("p", {}, badge(each.verdict), " ", h("span", { class: "muted" }, page.meanings[each.verdict] ?? "")),
    h("h1", { tabindex: "-1" }, each.title || each.id),
    each.diagnosis ? h("p", { class: "lead diagnosis" }, each.diagnosis) : null,
  );
}

function facts(each) {
  const pairs = [
    [failing(each) ? "at fault" : "found at", each.culprit],
    ["worst error", each.worst_ulps === null ? "" : `${figure(each.worst_ulps)} ulps`],
    [
      "would have seen",
      each.sees === null || kindOf(each.verdict) !== "pass" ? "" : `a relative error of ${figure(each.sees)}`,
    ],
    ["dtype", each.dtype],
    ["size", `${count(each.nodes, "node")}, depth ${each.depth}, ${count(each.entries, "entry", "entries")}`],
    ["time", duration(each.seconds)],
    ["case", each.id],
  ].filter(([, value]) => value);
  return h(
    "dl",
    { class: "case-facts" },
    pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

function body(each) {
  if (each.minimal) return [minimalBody(each), ...(each.detail ? [originalBody(each)] : [])];
  if (each.detail) return [drawDetail(each.detail, each)];
  return [rowOnly(each)];
}

function minimalBody(each) {
  const title = h("h2", {}, "The smallest graph found that still fails");
  return h("section", {}, title, drawDetail(each.minimal, each));
}

function originalBody(each) {
  const place = h("div");
  const draw = () => place.childElementCount || place.append(drawDetail(each.detail, each));
  return h(
    "details",
    { class: "original", ontoggle: draw },
    h("summary", {}, "The original case, as it was drawn"),
    place,
  );
}

function rowOnly(each) {
  const why =
    kindOf(each.verdict) === "pass" ? "Cases that pass keep a row only" : "The run kept only a row of this case";
  return h(
    "section",
    {},
    h("p", {}, `${why}. To see the graph, the formulas and the matrices, run it again:`),
    copyable("command", `gradproof replay ${each.id}`),
  );
}

/** Everything that is known of one graph: picture, formulas, matrices, notes, and how to run it again. */
function drawDetail(detail, each) {
  return h(
    "div",
    { class: "detail" },
    section("The graph", detail.vertices.length && drawGraph(detail, each)),
    section(
      "The derivative as three witnesses see it",
      detail.matrices.length && [witnessNote(), ...detail.matrices.map(drawMatrix)],
    ),
    section("Formulas", detail.formulas.length && detail.formulas.map(drawFormula)),
    section(
      "Notes",
      detail.notes.length &&
        h(
          "ul",
          {},
          detail.notes.map((note) => h("li", {}, note)),
        ),
    ),
    section("Run it yourself", reproducers(detail)),
  );
}

const section = (title, content) => (content ? h("section", {}, h("h3", {}, title), content) : null);

const witnessNote = () =>
  h(
    "p",
    { class: "muted" },
    "“Backward” is what the target returned, “proven” an enclosure that holds the true value, “finite difference” " +
      "a second opinion with its own estimate of its error. The tolerance is how far a sound implementation may be off.",
  );

function reproducers(detail) {
  const parts = [
    detail.reproducer && [
      h("p", {}, "To paste into Python:"),
      copyable("reproducer", detail.reproducer),
    ],
    detail.replay && [h("p", {}, "The same with every witness:"), copyable("command", detail.replay)],
  ].filter(Boolean);
  return parts.length ? parts.flat() : null;
}
