import type { Language } from "wasm-repl/browser";

/** How tracebacks name a cell, whatever session it runs in. */
export function cellName(id: number): string {
  return `<cell ${id}>`;
}

/**
 * The line of a cell, from 1, that its error names: the innermost place in it. Results tell errors as text alone, so it
 * is found there; text that was made to look like a place marks a wrong line and nothing else.
 *
 * @param id The cell's, by which places name it.
 */
export function errorLine(error: string, language: Language, id: number): number | undefined {
  const pattern =
    language === "python"
      ? new RegExp(`^ *(?:\\| )* *File "${cellName(id)}", line (\\d+)`, "gm")
      : new RegExp(`^ +at (?:.* \\()?${cellName(id)}:(\\d+):\\d+\\)?$`, "gm");
  const lines = [...error.matchAll(pattern)].map(([, line]) => Number(line));
  return language === "python" ? lines.at(-1) : lines[0];
}
