/** Elements made by code, so that no text is ever read as markup. */

type Child = Node | string | undefined | false;
type Handlers = {
  [Name in keyof GlobalEventHandlersEventMap as `on${Name}`]?: (
    event: GlobalEventHandlersEventMap[Name],
  ) => void;
};
type Props = Handlers & {
  readonly class?: string;
  /** Properties of the element are set by `set`; these are attributes. */
  readonly [attribute: string]: unknown;
};

/**
 * An element with attributes (`true` for one without a value; absent for undefined and false), handlers of events
 * (`onclick`) and children.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  setProps(element, props);
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

export function setProps(element: Element, props: Props): void {
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else if (value === undefined || value === false) element.removeAttribute(key);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
}

/** An element of the page's own HTML. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as T;
}

const svgNamespace = "http://www.w3.org/2000/svg";

export function svg(name: string, props: Props = {}, ...children: Node[]): SVGElement {
  const element = document.createElementNS(svgNamespace, name);
  setProps(element, props);
  element.append(...children);
  return element;
}

/** Sixteen units square, drawn with lines. */
const icons = {
  run: "M5 3.2v9.6l7.6-4.8z",
  stop: "M4 4h8v8H4z",
  undo: "M6 4 3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H7",
  fork: "M4.5 3.5v9M4.5 8.5c5 0 6-1.5 6-4M3 3.5h3M9 4.5h3M3 12.5h3",
  close: "m4 4 8 8m0-8-8 8",
  down: "M8 2.5V11m-3.5-3L8 11.5 11.5 8M3 13.5h10",
  up: "M8 11V2.5M4.5 6 8 2.5 11.5 6M3 13.5h10",
  edit: "m3 13 .7-3L11 2.7l2.3 2.3L6 12.3z",
  back: "M13 8H3.5M7 4 3 8l4 4",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
  folder: "M2.5 4.5h4l1.3 1.5h5.7v7h-11z",
  chevron: "m6 4 4 4-4 4",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5V3m0 10v1.5M1.5 8H3m10 0h1.5M3.4 3.4l1 1m7.2 7.2 1 1m0-9.2-1 1m-7.2 7.2-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
} as const;

export type IconName = keyof typeof icons;

export function icon(name: IconName): SVGElement {
  return svg(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: icons[name] }),
  );
}

/** A button with an icon, a text, or both. One without a text is named by `label`. */
export function button({
  label,
  text,
  icon: name,
  ...props
}: Props & { label?: string; text?: string; icon?: IconName }): HTMLButtonElement {
  return h(
    "button",
    { type: "button", "aria-label": label, title: label, ...props },
    name && (icon(name) as unknown as Node),
    text !== undefined && h("span", {}, text),
  );
}

/** What has a scroll bar of its own is reached by the keyboard too, and nothing else of it. */
export function reachScrolled(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("pre, .scrolls")) {
    const scrolls = element.scrollHeight > element.clientHeight || element.scrollWidth > element.clientWidth;
    setProps(element, { tabindex: scrolls ? "0" : undefined });
  }
}
