/**
 * Whether code that does not compile is only cut short. The compiler does not say so itself, but its error then
 * depends on what comes at the end: it stands at the very end, or speaks of something that was not closed.
 */
export function isCutShort(
  code: string,
  error: string,
  errorOf: (code: string) => string | undefined,
): boolean {
  if (/unexpected end of regexp/.test(error)) return false;
  if (/unexpected end of string/.test(error)) {
    // Only a template may go on in the next line; the error's place is its start, or the last brace in it.
    const { line, column } = placeOf(error);
    const mark = code.split("\n")[line - 1]?.[column - 1];
    return mark === "`" || mark === "}";
  }
  if (/unexpected end/.test(error)) return true;
  // Garbage behind the end is the first thing wrong only if all before it could go on.
  const probe = errorOf(`${code}\n\u0001`);
  return probe !== undefined && probe !== error && placeOf(probe).line === code.split("\n").length + 1;
}

function placeOf(error: string): { readonly line: number; readonly column: number } {
  const [, line, column] = /input:(\d+):(\d+)/.exec(error) ?? [];
  return { line: Number(line), column: Number(column) };
}
