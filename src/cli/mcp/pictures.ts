import type { Display } from "../../session/options.js";
import type { ContentBlock } from "./sdk.js";

/** The most bytes of a picture that a model is sent, and of all of one result. */
const mostPictureBytes = 5 * 1024 * 1024;
const mostAllBytes = 20 * 1024 * 1024;
/** Pictures that models take, the best first. */
const pictureTypes = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
/** Texts that stand for a value which is no picture, the best first. */
const textTypes = [
  "text/markdown",
  "text/latex",
  "application/json",
  "text/plain",
  "text/html",
  "image/svg+xml",
];

export interface ShownValues {
  readonly pictures: ContentBlock[];
  /** What was shown as text, or why a picture is not here. */
  readonly text: string;
}

/** What a run has shown, as a client takes it. */
export function shownValues(display: readonly Display[]): ShownValues {
  const pictures: ContentBlock[] = [];
  const lines: string[] = [];
  let byteCount = 0;
  for (const forms of display) {
    const type = pictureTypes.find((type) => forms[type] instanceof Uint8Array);
    if (type === undefined) {
      lines.push(textOf(forms));
      continue;
    }
    const bytes = forms[type] as Uint8Array;
    if (bytes.length > mostPictureBytes || byteCount + bytes.length > mostAllBytes) {
      lines.push(
        `[a picture of ${bytes.length} bytes is too large to be sent: make it smaller, or save it to a file]`,
      );
      continue;
    }
    byteCount += bytes.length;
    pictures.push(picture(type, bytes));
  }
  return { pictures, text: lines.map((line) => `${line}\n`).join("") };
}

export function picture(mimeType: string, bytes: Uint8Array): ContentBlock {
  return {
    type: "image",
    mimeType,
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  };
}

/** The kind of picture that a file is, if it is one that models take. */
export function pictureType(bytes: Uint8Array): string | undefined {
  const begin = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (begin.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (begin.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(begin)) return "image/gif";
  return /^RIFF.{4}WEBP/s.test(begin) ? "image/webp" : undefined;
}

function textOf(forms: Display): string {
  const type = textTypes.find((type) => forms[type] !== undefined) ?? Object.keys(forms)[0] ?? "nothing";
  const value = forms[type];
  if (value instanceof Uint8Array) return `[${type} of ${value.length} bytes, which cannot be shown here]`;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
