/* The cases: read from the data block, searched, filtered, sorted. */

let page = null;

/** Read what the report was made from. */
async function readPage() {
  const text = byId("record").textContent.trim();
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  page = await new Response(stream).json();
  page.cases = new Map(page.run.cases.map((each) => [each.id, each]));
  page.rank = new Map(Object.keys(page.kinds).map((name, i) => [name, i]));
}

const haystacks = new WeakMap();

function haystack(each) {
  if (!haystacks.has(each)) {
    const parts = [each.title, each.id, each.culprit, each.diagnosis, each.dtype, each.verdict, ...each.ops];
    haystacks.set(each, parts.join("\n").toLowerCase());
  }
  return haystacks.get(each);
}

const failing = (each) => kindOf(each.verdict) === "fail";

/** The cases that the filters admit, in order. */
function select({ q, verdict, op, fault, sort }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const admitted = page.run.cases.filter(
    (each) =>
      (!verdict || each.verdict === verdict) &&
      (!op || each.ops.includes(op)) &&
      (!fault || (each.culprit === fault && failing(each))) &&
      words.every((word) => haystack(each).includes(word)),
  );
  return admitted.sort(ORDERS[Object.hasOwn(ORDERS, sort) ? sort : ""]);
}

const falling = (key) => (a, b) => (key(b) ?? -1) - (key(a) ?? -1);
const worst = (a, b) => page.rank.get(a.verdict) - page.rank.get(b.verdict);

const ORDERS = {
  "": (a, b) => worst(a, b) || falling((each) => each.worst_ulps)(a, b),
  title: (a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0),
  nodes: falling((each) => each.nodes),
  ulps: falling((each) => each.worst_ulps),
  time: falling((each) => each.seconds),
};
