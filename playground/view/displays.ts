/** Values that code has shown, each in the best of its forms. */
import type { Display } from "wasm-repl/browser";
import { h } from "./dom.js";
import { safeHtml } from "./safe-html.js";

/** In characters, of each text. */
const longestText = 200_000;

const pictures = ["image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"];

export function displayView(display: Display): HTMLElement {
  for (const type of pictures) {
    const data = display[type];
    if (typeof data === "string" || data instanceof Uint8Array)
      return picture(type, data, display["text/plain"]);
  }
  const html = display["text/html"];
  if (typeof html === "string") return safeHtml(html);
  const json = display["application/json"];
  if (json !== undefined) return text(JSON.stringify(json, undefined, 2) ?? "");
  for (const type of ["text/markdown", "text/latex", "text/plain"]) {
    if (typeof display[type] === "string") return text(display[type]);
  }
  return text(`A value of the kinds ${Object.keys(display).join(", ")}, which this page cannot show`);
}

function text(value: string): HTMLElement {
  const shown = value.length > longestText ? `${value.slice(0, longestText)}\n…` : value;
  return h("pre", { class: "text" }, shown);
}

/** A picture in an element for pictures, which runs and fetches nothing, whatever is in it. */
function picture(type: string, data: string | Uint8Array, description: unknown): HTMLElement {
  const bytes = typeof data === "string" ? bytesOf(type, data) : data;
  const alt =
    typeof description === "string" && description !== ""
      ? description.slice(0, 200)
      : "A picture that the code has shown";
  if (bytes === undefined) return text("A picture that cannot be read");
  const image = h("img", { class: "picture", alt });
  image.addEventListener("error", () => image.replaceWith(text("A picture that cannot be read")));
  // An address that is the picture: it can be saved, and is gone with its element.
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    image.src = String(reader.result);
  });
  reader.readAsDataURL(new Blob([new Uint8Array(bytes)], { type }));
  return image;
}

/** Of a text: SVG is one, others are in base64, as notebooks have them. */
function bytesOf(type: string, data: string): Uint8Array | undefined {
  if (type === "image/svg+xml") return new TextEncoder().encode(data);
  try {
    return Uint8Array.from(atob(data.replace(/\s+/g, "")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
