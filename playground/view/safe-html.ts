/**
 * HTML that code has shown, made anew from the elements and attributes that are known to do nothing but look: no scripts,
 * no forms, no frames, nothing that is fetched, nothing that leaves its place. The text is parsed into a document of its
 * own, where nothing runs and nothing is loaded, and what is taken over is made by `createElement`, so that it is not
 * parsed a second time.
 */
import { h } from "./dom.js";

/** What is beyond is left out, and said to be. */
const mostNodes = 10_000;
const mostDepth = 60;
const mostCharacters = 4_000_000;

const kept = new Set(
  (
    "a abbr b bdi blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 " +
    "h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup table tbody td " +
    "tfoot th thead time tr u ul var wbr"
  ).split(" "),
);
/** Left out with all that is in them; of others that are not known the contents are kept. */
const dropped = new Set(
  "script x-style template iframe object embed noscript head title svg math textarea select xmp noembed noframes plaintext".split(
    " ",
  ),
);
const attributes = new Set([
  "colspan",
  "rowspan",
  "scope",
  "title",
  "alt",
  "start",
  "reversed",
  "dir",
  "lang",
  "open",
]);
const styles = [
  "color",
  "background-color",
  "text-align",
  "vertical-align",
  "font-weight",
  "font-style",
  "text-decoration-line",
  "white-space",
];

export function safeHtml(html: string): HTMLElement {
  const parsed = new DOMParser().parseFromString(withoutStyles(html.slice(0, mostCharacters)), "text/html");
  const budget = { nodes: mostNodes };
  const element = h("div", { class: "rich" }, copyOf(parsed.body, budget, 0));
  if (budget.nodes < 0 || html.length > mostCharacters)
    element.append(h("p", { class: "muted" }, "The rest is not shown."));
  return element;
}

/**
 * The page's policy forbids styles, handlers and bases, and browsers tell of each that they parse, even where it does
 * nothing: so they have other names meanwhile. Where text was taken for one, it gets its words back.
 */
const mark = "data-kept-";

function withoutStyles(html: string): string {
  return html
    .replace(/\b(?:style|on\w+)(?=\s*=)/gi, (name) => mark + name)
    .replace(/<(\/?)(style|base)\b/gi, "<$1x-$2");
}

function withStyles(text: string): string {
  return text.replaceAll(mark, "");
}

function copyOf(parent: Node, budget: { nodes: number }, depth: number): DocumentFragment {
  const copy = document.createDocumentFragment();
  for (const node of parent.childNodes) {
    if (--budget.nodes < 0) break;
    if (node instanceof Text) copy.append(withStyles(node.data));
    if (!(node instanceof Element)) continue;
    const name = node.localName;
    if (dropped.has(name) || depth >= mostDepth) continue;
    const children = copyOf(node, budget, depth + 1);
    copy.append(kept.has(name) ? elementOf(node, name, children) : children);
  }
  return copy;
}

function elementOf(node: Element, name: string, children: DocumentFragment): Node {
  const element = document.createElement(name);
  for (const { name, value } of node.attributes) {
    if (attributes.has(name)) element.setAttribute(name, withStyles(value.slice(0, 1000)));
  }
  if (element instanceof HTMLAnchorElement) setAddress(element, node.getAttribute("href") ?? "");
  if (element instanceof HTMLImageElement) {
    const source = node.getAttribute("src") ?? "";
    if (!/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(source))
      return document.createTextNode(element.alt);
    element.src = source;
  }
  // Read by an element that is nowhere, so that nothing comes of it, and then no more than these.
  const given = document.createElement("i").style;
  given.cssText = (node.getAttribute(`${mark}style`) ?? "").slice(0, 2000);
  for (const property of styles) {
    const value = given.getPropertyValue(property);
    if (value !== "" && !/url|image|var|attr/i.test(value)) element.style.setProperty(property, value);
  }
  element.append(children);
  // Beside its own scroll bar, a wide one takes nothing of the page.
  return name === "table"
    ? h("div", { class: "scrolls", role: "group", "aria-label": "Table" }, element)
    : element;
}

/** Links are followed by people, into a place of their own. */
function setAddress(link: HTMLAnchorElement, address: string): void {
  if (!/^https?:\/\//i.test(address)) return;
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
}
