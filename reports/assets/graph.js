/* The picture of a graph: laid out by dagre, drawn as SVG, each value reachable by keyboard. */

const MOST = 60;
const LETTER = 7.6;
const LINE = 17;
const LABEL = 30;
const RING = 4;

/** The picture with its legend, what the focused value is, and the same as a table. */
function drawGraph(detail, each) {
  const faulty = faultyIds(detail.vertices, each);
  const shown = slice(detail.vertices, faulty);
  const note = h("div", { class: "vertex-note", "aria-live": "polite" });
  const picture = drawPicture(detail, shown, faulty, note);
  const first = shown.vertices.find((vertex) => faulty.has(vertex.id)) ?? shown.vertices.at(-1);
  if (first) describeVertex(note, first, faulty);
  return h(
    "div",
    { class: "graph" },
    h("p", { class: "reading" }, graphSentence(detail, shown, faulty)),
    h("div", { class: "graph-pair" }, picture, note),
    legend(shown, faulty),
    h("details", {}, h("summary", {}, "The same as a table"), vertexTable(detail.vertices, faulty)),
    h("details", {}, h("summary", {}, "The same as text"), copyable("graph", detail.graph_text)),
  );
}

/** The values at fault: those judged so, else those that the case names. */
function faultyIds(vertices, each) {
  const judged = vertices.filter((vertex) => ["fail", "finding"].includes(page.kinds[vertex.verdict]));
  if (judged.length) return new Set(judged.map((vertex) => vertex.id));
  if (kindOf(each.verdict) === "pass" || !each.culprit) return new Set();
  return new Set(vertices.filter((vertex) => [vertex.id, vertex.op].includes(each.culprit)).map((vertex) => vertex.id));
}

/** At most ``MOST`` values: all of them, or those within so many steps of the fault (else of the outputs). */
function slice(vertices, faulty) {
  if (vertices.length <= MOST) return { vertices, hops: null, hidden: new Map() };
  const seeds = vertices.filter((vertex) => (faulty.size ? faulty.has(vertex.id) : vertex.is_output));
  const near = neighbours(vertices);
  let kept = new Set((seeds.length ? seeds : vertices.slice(-1)).slice(0, MOST).map((vertex) => vertex.id));
  let hops = 0;
  for (;;) {
    const wider = new Set([...kept, ...[...kept].flatMap((id) => [...(near.get(id) ?? [])])]);
    if (wider.size > MOST || wider.size === kept.size) break;
    [kept, hops] = [wider, hops + 1];
  }
  const hidden = new Map(
    [...kept].map((id) => [id, [...(near.get(id) ?? [])].filter((other) => !kept.has(other)).length]),
  );
  return { vertices: vertices.filter((vertex) => kept.has(vertex.id)), hops, hidden };
}

function neighbours(vertices) {
  const near = new Map(vertices.map((vertex) => [vertex.id, new Set()]));
  for (const vertex of vertices) {
    for (const arg of vertex.args.filter((id) => near.has(id))) {
      near.get(vertex.id).add(arg);
      near.get(arg).add(vertex.id);
    }
  }
  return near;
}

function graphSentence(detail, { vertices, hops }, faulty) {
  const whose = faulty.size ? `the faulty ${[...faulty].slice(0, 3).join(", ")}` : "the outputs";
  const flow = "Inputs stand at the top, and each arrow leads from a value to the op that uses it.";
  const fault = faulty.size ? " The value with the thick frame and the sign ✗ is where the fault is." : "";
  if (hops === null) return flow + fault;
  const size = `The graph has ${count(detail.vertices.length, "value")}, too many to read at once`;
  const kept = `drawn are the ${vertices.length} within ${count(hops, "step")} of ${whose}`;
  return `${size}: ${kept}. “+2” on a value counts its neighbours that are left out. ${flow}${fault}`;
}

function drawPicture(detail, shown, faulty, note) {
  const plan = layout(shown);
  const box = frame(plan);
  const svg = s("svg", {
    viewBox: box.join(" "),
    width: box[2],
    height: box[3],
    role: "group",
    "aria-label": "The graph as a picture",
  });
  svg.append(
    arrowHead(),
    ...plan.edges.map(drawEdge),
    ...plan.nodes.map((node) => drawNode(node, shown, faulty, note)),
  );
  const view = h("div", { class: "picture" }, svg);
  if (box[2] < 1100) svg.classList.add("fits");
  requestAnimationFrame(() => centre(view, svg.querySelector(".faulty")));
  return view;
}

function layout({ vertices, hidden }) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 34, edgesep: 14 });
  // dagre keeps nodes in plain objects, where an id such as __proto__ would not survive; numbers do.
  const at = new Map(vertices.map((vertex, i) => [vertex.id, String(i)]));
  for (const vertex of vertices) graph.setNode(at.get(vertex.id), { ...sizeOf(vertex, hidden), vertex });
  for (const { id, args, tracked } of vertices) {
    args.forEach((arg, slot) => at.has(arg) && graph.setEdge(at.get(arg), at.get(id), { tracked }, String(slot)));
  }
  dagre.layout(graph);
  return {
    nodes: graph.nodes().map((id) => graph.node(id)),
    edges: graph.edges().map((edge) => graph.edge(edge)),
  };
}

function sizeOf(vertex, hidden) {
  const lines = linesOf(vertex, hidden);
  const letters = Math.max(...lines.map((line) => line.length));
  const ring = vertex.is_output ? 2 * RING : 0;
  return { width: letters * LETTER + 24 + ring, height: lines.length * LINE + 14 + ring };
}

function linesOf(vertex, hidden) {
  const more = hidden.get(vertex.id);
  const label = vertex.label || vertex.op;
  const id = label === vertex.id ? "" : `${vertex.id}: `;
  return [clip(label), clip(`${id}${vertex.shape} ${vertex.dtype}`), more ? `+${more}` : null].filter(Boolean);
}

const clip = (text) => (text.length > LABEL ? `${text.slice(0, LABEL - 1)}…` : text);

/** dagre's own size leaves out the points of the edges. */
function frame({ nodes, edges }) {
  const points = edges.flatMap((edge) => edge.points);
  const xs = [
    ...nodes.flatMap((node) => [node.x - node.width / 2, node.x + node.width / 2]),
    ...points.map((point) => point.x),
  ];
  const ys = [
    ...nodes.flatMap((node) => [node.y - node.height / 2, node.y + node.height / 2]),
    ...points.map((point) => point.y),
  ];
  const margin = 14;
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  return [left, top, Math.max(...xs) + margin - left, Math.max(...ys) + margin - top].map(Math.round);
}

function arrowHead() {
  const tip = s("path", { d: "M0 0 L8 4 L0 8 z", class: "tip" });
  return s(
    "defs",
    {},
    s(
      "marker",
      { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      tip,
    ),
  );
}

function drawEdge({ points, tracked }) {
  return s("path", { d: curve(points), class: tracked ? "edge" : "edge untracked", "marker-end": "url(#arrow)" });
}

/** A line through the points that turns its corners softly. */
function curve(points) {
  const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const turns = points.slice(1, -1).map((point, i, inner) => {
    const next = i === inner.length - 1 ? points.at(-1) : middle(point, inner[i + 1]);
    return `Q${at(point)} ${at(next)}`;
  });
  return `M${at(points[0])}${turns.join("")}${turns.length ? "" : `L${at(points.at(-1))}`}`;
}

function drawNode(node, { hidden }, faulty, note) {
  const { vertex, x, y, width, height } = node;
  const bad = faulty.has(vertex.id);
  const classes = [
    "vertex",
    vertex.op === "input" ? "input" : "op",
    bad && "faulty",
    !vertex.tracked && "untracked",
    vertex.is_output && "output",
  ];
  const show = () => describeVertex(note, vertex, faulty);
  const group = s("g", {
    class: classes.filter(Boolean).join(" "),
    transform: `translate(${x} ${y})`,
    tabindex: "0",
    role: "img",
    "aria-label": spoken(vertex, bad),
    onfocus: show,
    onclick: show,
  });
  group.append(
    ...outline(vertex, width, height),
    ...nodeText(linesOf(vertex, hidden)),
    ...(bad ? [faultSign(width, height)] : []),
  );
  return group;
}

function outline(vertex, width, height) {
  const box = (inset, name) =>
    s("rect", {
      x: inset - width / 2,
      y: inset - height / 2,
      width: width - 2 * inset,
      height: height - 2 * inset,
      rx: vertex.op === "input" ? height / 2 - inset : 8 - inset,
      class: name,
    });
  return vertex.is_output ? [box(0, "ring"), box(RING, "box")] : [box(0, "box")];
}

function nodeText(lines) {
  const top = (-(lines.length - 1) * LINE) / 2;
  return lines.map((line, i) => s("text", { y: top + i * LINE, class: i ? "small" : "name" }, line));
}

function faultSign(width, height) {
  const sign = s("g", { class: "fault-sign", transform: `translate(${width / 2} ${-height / 2})` });
  sign.append(s("circle", { r: 10 }), s("text", {}, "✗"));
  return sign;
}

const spoken = (vertex, bad) =>
  [
    `${bad ? "At fault: " : ""}${vertex.id}, ${vertex.label || vertex.op}, shape ${vertex.shape}, ${vertex.dtype}`,
    vertex.args.length && `of ${vertex.args.join(", ")}`,
    !vertex.tracked && "not tracked",
    vertex.is_output && "an output",
    vertex.verdict,
  ]
    .filter(Boolean)
    .join("; ");

/** Bring the fault into the middle of its box, without moving the page. */
function centre(view, mark) {
  if (!mark) return;
  const [outer, inner] = [view.getBoundingClientRect(), mark.getBoundingClientRect()];
  view.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  view.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
}

function describeVertex(note, vertex, faulty) {
  const facts = [
    ["op", vertex.op],
    ["arguments", vertex.args.join(", ")],
    ["shape", vertex.shape],
    ["dtype", vertex.dtype],
    ["gradient", vertex.tracked ? "tracked" : "not tracked"],
  ].filter(([, value]) => value);
  note.replaceChildren(
    h(
      "p",
      { class: "vertex-name" },
      h("code", {}, vertex.label || vertex.op),
      faulty.has(vertex.id)
        ? h("span", { class: "badge fail" }, h("span", { class: "sign", "aria-hidden": "true" }, "✗"), " at fault")
        : null,
    ),
    h(
      "dl",
      {},
      h("div", {}, h("dt", {}, "value"), h("dd", { class: "code" }, vertex.id)),
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "code" }, value))),
    ),
    ...(vertex.verdict ? [h("p", {}, badge(vertex.verdict))] : []),
    ...(vertex.certificate ? [h("p", { class: "certificate" }, vertex.certificate)] : []),
  );
}

function legend({ vertices }, faulty) {
  const entries = [
    ["input", "an input", vertices.some((vertex) => vertex.op === "input")],
    ["op", "an op", true],
    ["op output", "an output", vertices.some((vertex) => vertex.is_output)],
    ["op untracked", "not tracked: no gradient flows", vertices.some((vertex) => !vertex.tracked)],
    ["op faulty", "at fault", faulty.size > 0],
  ];
  return h(
    "ul",
    { class: "legend" },
    entries.filter(([, , used]) => used).map(([kind, words]) => h("li", {}, swatch(kind), ` ${words}`)),
  );
}

function swatch(kind) {
  const ring = kind.includes("output") ? [s("rect", { x: 1, y: 1, width: 34, height: 18, rx: 6, class: "ring" })] : [];
  const box = s("rect", { x: 4, y: 4, width: 28, height: 12, rx: kind === "input" ? 6 : 3, class: "box" });
  return s(
    "svg",
    { width: 36, height: 20, class: `swatch`, "aria-hidden": "true" },
    s("g", { class: `vertex ${kind}` }, ring, box),
  );
}

function vertexTable(vertices, faulty) {
  const heads = ["Value", "Op", "Arguments", "Shape", "Dtype", "Tracked", "Verdict", "Certificate"];
  const line = (vertex) => {
    const words = [vertex.label || vertex.op, vertex.args.join(", "), vertex.shape, vertex.dtype];
    return h(
      "tr",
      { class: faulty.has(vertex.id) ? "off" : null },
      h(
        "th",
        { scope: "row", class: "code" },
        faulty.has(vertex.id) ? "✗ " : "",
        vertex.id,
        vertex.is_output ? " (output)" : "",
      ),
      words.map((word) => h("td", { class: "code" }, word)),
      h("td", {}, vertex.tracked ? "yes" : "no"),
      h("td", {}, vertex.verdict ? badge(vertex.verdict) : ""),
      h("td", {}, vertex.certificate),
    );
  };
  const head = h(
    "tr",
    {},
    heads.map((name) => h("th", { scope: "col" }, name)),
  );
  return scroller("The values of the graph", h("table", {}, h("thead", {}, head), h("tbody", {}, vertices.map(line))));
}
