/**
 * Output as a terminal would show it, as far as that harms nobody: lines, carriage returns, colours. All other sequences
 * and control characters are left out.
 */
import { h } from "./dom.js";

// What begins with ESC or its 8-bit forms: sequences with parameters, strings up to their end, and single characters.
const sequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const cutOff = /\x1b(?:\[[\d;]{0,30})?$/;
const parts = new RegExp(`(${sequence.source})`);
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for.
const colours = /^(?:\x1b\[|\x9b)([\d;]*)m$/;

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour: number | undefined;
}

const plain: Style = { bold: false, dim: false, colour: undefined };

export interface TerminalText {
  push(text: string, kind: string): void;
}

export function createTerminalText(element: HTMLElement): TerminalText {
  let style = plain;
  /** What belongs to the line that has not ended: it may be written over. */
  let line: Node[] = [];
  let returns = false;
  /** A sequence may come in two pieces. */
  let unfinished = "";

  function put(text: string, kind: string): void {
    if (text === "") return;
    if (returns) {
      for (const node of line) node.parentNode?.removeChild(node);
      line = [];
      returns = false;
    }
    const classes = [kind === "stdout" ? "" : kind, ...classesOf(style)].filter(Boolean).join(" ");
    const node = classes === "" ? document.createTextNode(text) : h("span", { class: classes }, text);
    element.append(node);
    line.push(node);
  }

  function putLines(text: string, kind: string): void {
    for (const [, words = "", end = ""] of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
      put(words.replace(control, ""), kind);
      if (end === "\r") returns = true;
      else if (end !== "") {
        returns = false;
        element.append("\n");
        line = [];
      }
    }
  }

  return {
    push(text, kind) {
      const whole = unfinished + text;
      unfinished = cutOff.exec(whole)?.[0] ?? "";
      const now = whole.slice(0, whole.length - unfinished.length);
      for (const [index, part] of now.split(parts).entries()) {
        const isSequence = index % 2 === 1;
        const codes = isSequence ? colours.exec(part)?.[1] : undefined;
        if (!isSequence) putLines(part, kind);
        else if (codes !== undefined) style = styled(style, codes);
      }
    },
  };
}

function styled(before: Style, codes: string): Style {
  let style = before;
  for (const code of codes.split(";").map(Number))
    style = { ...(code === 0 ? plain : style), ...changeOf(code) };
  return style;
}

function changeOf(code: number): Partial<Style> {
  if (code === 1) return { bold: true };
  if (code === 2) return { dim: true };
  if (code === 22) return { bold: false, dim: false };
  if (code === 39) return { colour: undefined };
  if (code >= 30 && code < 38) return { colour: code - 30 };
  return code >= 90 && code < 98 ? { colour: code - 90 } : {};
}

function classesOf({ bold, dim, colour }: Style): string[] {
  return [bold ? "t-bold" : "", dim ? "t-dim" : "", colour === undefined ? "" : `t-${colour}`];
}
