// Elements of HTML and SVG from names, properties and children; no text ever becomes markup.
const SVG = "http://www.w3.org/2000/svg";

export function el(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Show children in a place unless the same data are shown there already, so that focus and half-typed words stay.
export function show(place, data, build) {
  const key = JSON.stringify(data);
  if (place.shownKey === key) return false;
  place.shownKey = key;
  place.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  return true;
}

export function table(caption, headings, rows, { className = "" } = {}) {
  const head = el("tr", {}, headings.map((text, index) => (text ? el("th", { scope: "col", class: index ? "right" : null }, text) : el("td"))));
  const body = rows.map((row) =>
    el("tr", {}, row.map((text, index) => (index ? el("td", { class: "right" }, text) : el("th", { scope: "row" }, text)))),
  );
  return el(
    "table",
    { class: className },
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, head),
    el("tbody", {}, body),
  );
}

export function folded(summary, label, content) {
  const place = el("div", { class: "table-scroll", role: "group", "aria-label": label, tabindex: "0" }, content);
  return el("details", {}, el("summary", {}, summary), place);
}
