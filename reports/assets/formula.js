/* Formulas arrive as MathML text. They are rebuilt element by element from a list of what mathematics needs, so
   that nothing else can come in: not with another namespace, not with an attribute that acts. */

const MATHML = "http://www.w3.org/1998/Math/MathML";

const MATH_ELEMENTS = new Set(
  (
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom merror msub msup msubsup munder " +
    "mover munderover mmultiscripts mprescripts none mtable mtr mtd semantics"
  ).split(" "),
);

const MATH_ATTRIBUTES = new Set(
  (
    "display displaystyle scriptlevel mathvariant stretchy symmetric fence separator form largeop movablelimits " +
    "lspace rspace minsize maxsize accent accentunder linethickness width height depth voffset columnalign rowalign " +
    "columnspan rowspan columnspacing rowspacing columnlines rowlines"
  ).split(" "),
);

const TOKEN = /<(\/?)([a-z]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * The MathML element that ``text`` describes, or null where it is not well formed.
 *
 * It is read here and not by DOMParser, which would make elements of everything first: an inline handler in the
 * text would then be refused by the policy, and the console would say so.
 */
function parseMath(text) {
  const top = document.createDocumentFragment();
  const open = [{ name: "", node: top }];
  for (const token of tokens(text)) if (!token || !take(token, open)) return null;
  const math = top.firstElementChild;
  return open.length === 1 && math?.localName === "math" ? math : null;
}

/** The tags and texts in order; null where something is neither. */
function* tokens(text) {
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    yield match;
    if (!match) return;
  }
}

/** Add a token to the innermost open element; false where it does not fit. */
function take([, end, name, attributes, empty, words], open) {
  const inside = open.at(-1);
  if (words !== undefined) return takeText(words, inside.node);
  if (end) return open.length > 1 && open.pop().name === name;
  const node = inside.node && makeMath(name, attributes);
  if (node) inside.node.append(node);
  if (!empty) open.push({ name, node });
  return true;
}

function takeText(words, node) {
  const plain = decode(words);
  if (plain !== null && node) node.append(plain);
  return plain !== null;
}

/** An element of mathematics, or null for any other, whose content is then dropped too. */
function makeMath(name, attributes) {
  const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key, double, single]) => [key, decode(double ?? single)]);
  const foreign = pairs.some(([key, value]) => key === "xmlns" && value !== MATHML);
  if (foreign || !MATH_ELEMENTS.has(name)) return null;
  const node = document.createElementNS(MATHML, name);
  for (const [key, value] of pairs) if (MATH_ATTRIBUTES.has(key)) node.setAttribute(key, value);
  return node;
}

/** Text with its entities resolved, or null where one is unknown. */
function decode(text) {
  let known = true;
  const plain = text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(\w+));|&/gi, (_, hex, decimal, name) => {
    const code = hex ? parseInt(hex, 16) : Number(decimal);
    if ((hex || decimal) && code <= 0x10ffff) return String.fromCodePoint(code);
    known &&= Object.hasOwn(ENTITIES, name ?? "");
    return ENTITIES[name];
  });
  return known ? plain : null;
}

/** A formula with its title, and the same as plain text to read aloud or to copy. */
function drawFormula({ title, mathml, text }) {
  const math = mathml ? parseMath(mathml) : null;
  if (!math) return h("figure", { class: "formula" }, h("figcaption", {}, title), scroller(title, h("code", {}, text)));
  math.setAttribute("display", "block");
  math.setAttribute("aria-label", text);
  const plain = h("details", {}, h("summary", {}, "As plain text"), copyable("formula", text));
  return h("figure", { class: "formula" }, h("figcaption", {}, title), scroller(title, math), plain);
}
