/**
 * Whether code that does not compile is only cut short. The compiler does not say so itself, but its error then
 * depends on what comes at the end: it stands at the very end, or speaks of something that was not closed.
 */
export function isCutShort(
  code: string,
  error: string,
  errorOf: (code: string) => string | undefined,
): boolean {
  if (/unexpected end|unterminated (?!string|regexp)|unexpected EOF/i.test(error)) return true;
  // A bracket too many, behind the end, is the first thing wrong only if all before it could go on.
  const probe = errorOf(`${code}\n\u0001`);
  return probe !== undefined && probe !== error && lineOf(probe) === code.split("\n").length + 1;
}

function lineOf(error: string): number {
  return Number(/input:(\d+)/.exec(error)?.[1]);
}
