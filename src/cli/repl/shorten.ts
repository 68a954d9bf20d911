const mostLines = 60;
const mostCharacters = 10_000;

/** The beginning of a text that is too long for a prompt, and how much was left out; undefined if it is not. */
export function shorten(text: string): { readonly shown: string; readonly left: string } | undefined {
  let end = Math.min(text.length, mostCharacters);
  for (let line = 0, at = -1; line < mostLines; line++) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) break;
    if (line === mostLines - 1) end = Math.min(end, at);
  }
  if (end === text.length) return undefined;
  const rest = text.slice(end);
  const lines = rest.split("\n").length - 1;
  const left = lines > 0 ? `${lines} more line${lines === 1 ? "" : "s"}` : `${rest.length} more characters`;
  return { shown: text.slice(0, end), left };
}
