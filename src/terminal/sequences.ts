import {
  type Effect,
  effectOfSgr,
  hidesCursor,
  noEffect,
  restoresAttributes,
  showsCursor,
} from "./changes.js";

/**
 * What of a stranger's output a terminal may get.
 *
 * - `screen`: text, its colours and other attributes, movements of the cursor, erasing, and showing and hiding of the
 *   cursor. For programs.
 * - `colors`: text in lines, and its attributes. For what stands between lines of our own.
 * - `text`: text in lines alone.
 */
export type Allowance = "screen" | "colors" | "text";

/** One number is bounded: what is repeated a thousand million times has kept terminals busy for minutes. */
const number = String.raw`\d{0,4}`;
const sgr = String.raw`\[${number}(?:[;:]${number})*m`;

/** What may follow ESC. */
const allowed: Readonly<Record<Allowance, RegExp>> = {
  screen: anyOf(
    sgr,
    // The cursor goes by steps, columns, rows and tabs; lines and characters are inserted and deleted; scrolling.
    String.raw`\[${number}[ABCDEFGILMPSTXZ@\`ade]`,
    String.raw`\[${number}(?:;${number})?[Hf]`,
    // Not 3: what has been scrolled away is not the program's to erase.
    String.raw`\[[012]?[JK]`,
    String.raw`\[\?25[hl]`,
    // The cursor's place is kept and found again, in both ways of writing that; a line down and up.
    String.raw`\[[su]|[78DEM]`,
  ),
  colors: anyOf(sgr),
  text: /(?!)/,
};

/** What an escape sequence that is allowed does; undefined for any other. `text` is what follows its ESC. */
export function effectOf(text: string, allowance: Allowance): Effect | undefined {
  if (!allowed[allowance].test(text)) return undefined;
  if (text.endsWith("m")) return effectOfSgr(text.slice(1, -1));
  return otherEffects.get(text) ?? noEffect;
}

const otherEffects: ReadonlyMap<string, Effect> = new Map([
  ["[?25l", hidesCursor],
  ["[?25h", showsCursor],
  // The attributes come back with the cursor's place. Whose they are is not known, so they count as changed.
  ["8", restoresAttributes],
  ["[u", restoresAttributes],
]);

function anyOf(...patterns: readonly string[]): RegExp {
  return new RegExp(`^(?:${patterns.join("|")})$`);
}
