import type { Language } from "../../engine/runtime.js";

/** What one level of a block is indented by. */
export const indentUnit: Readonly<Record<Language, string>> = { python: "    ", javascript: "  " };

/** The spaces that a line after `before` begins with. `before` ends where the new line begins. */
export function indentAfter(language: Language, before: string): string {
  const unit = indentUnit[language];
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const own = /^[ \t]*/.exec(line)?.[0] ?? "";
  const code = line.replace(language === "python" ? /#.*$/ : /\/\/.*$/, "").trimEnd();
  if (/[([{]$/.test(code) || (language === "python" && code.endsWith(":"))) return own + unit;
  if (language === "python" && /^\s*(return|pass|break|continue|raise)\b/.test(code)) {
    return own.slice(0, Math.max(0, own.length - unit.length));
  }
  return own;
}

const openers: Readonly<Record<string, string>> = { "}": "{", "]": "[", ")": "(" };
/** How far back is looked for the line that a closing bracket belongs to. */
const longestBlock = 20_000;

/**
 * The indentation of a line that begins with a closing bracket: that of the line with the opening one. `before` ends
 * where the bracket is typed. Undefined if there is nothing to change. Python's lines keep theirs.
 */
export function indentOfCloser(language: Language, before: string, closer: string): string | undefined {
  if (language === "python" || !Object.hasOwn(openers, closer)) return undefined;
  const lineStart = before.lastIndexOf("\n") + 1;
  const own = before.slice(lineStart);
  if (own === "" || own.trim() !== "") return undefined;
  let open = 0;
  for (let at = lineStart - 1; at >= Math.max(0, lineStart - longestBlock); at--) {
    const character = before[at] as string;
    if ("}])".includes(character)) open++;
    else if ("{[(".includes(character) && open-- === 0) {
      const start = before.lastIndexOf("\n", at) + 1;
      const indent = /^[ \t]*/.exec(before.slice(start, at))?.[0] ?? "";
      return indent.length < own.length ? indent : undefined;
    }
  }
  return undefined;
}
