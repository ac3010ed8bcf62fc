const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Text is always set as text; there is no way to pass markup. */
function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Make an SVG element. */
function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);

const count = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A number to three digits, or a dash. */
function figure(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(3)));
}

function duration(seconds) {
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The sign and name of a verdict, in the colour of its kind. */
function badge(verdict) {
  const kind = kindOf(verdict);
  const sign = h("span", { class: "sign", "aria-hidden": "true" }, page.signs[kind]);
  return h("span", { class: `badge ${kind}` }, sign, ` ${verdict}`);
}

const kindOf = (verdict) => page.kinds[verdict] ?? "told";

/** A box of its own for what may be wider than the page. */
const scroller = (label, ...children) =>
  h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label }, ...children);

/** A text to take away, with a button that copies it. */
function copyable(label, text) {
  const status = h("span", { role: "status", class: "muted" });
  const pre = h("pre", { class: "code", tabindex: "0", "aria-label": label }, h("code", {}, text));
  const onclick = async () => {
    status.textContent = (await copyText(text)) ? "Copied" : "The browser refused; the text is selected";
    if (!status.textContent.startsWith("Copied")) getSelection().selectAllChildren(pre);
  };
  const button = h("button", { type: "button", class: "copy", onclick }, `Copy ${label}`);
  return h("div", { class: "copyable" }, h("p", {}, button, " ", status), pre);
}

/** Copy, also where a page from disk has no clipboard. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = h("textarea", { class: "unseen", readonly: true, "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
