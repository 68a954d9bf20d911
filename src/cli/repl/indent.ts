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
