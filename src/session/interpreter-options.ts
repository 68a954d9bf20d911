/** Of CPython's own options, those of one letter that stand alone. */
const letters = "BEIOPSsuv";

/** Extended options whose value is a number, and which numbers they take. */
const numbers: Readonly<Record<string, { readonly least: number; readonly most: number; zero?: true }>> = {
  int_max_str_digits: { least: 640, most: 2 ** 31 - 1, zero: true },
  tracemalloc: { least: 1, most: 65535 },
};

/** Says what is wrong with a word of `SessionOptions.interpreterOptions`; undefined if nothing is. */
export function faultOfInterpreterOption(word: string): string | undefined {
  const letter = word.charAt(1);
  if (!word.startsWith("-") || !isKnown(letter, word.slice(2))) {
    return `-B, -E, -I, -O, -P, -S, -s, -u, -v, -WFILTER or -XNAME, not ${JSON.stringify(word)}`;
  }
  const [, name = "", value] = /^-X([^=]*)=?(.*)$/s.exec(word) ?? [];
  const range = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (range === undefined || !value) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if ((number >= range.least && number <= range.most) || (range.zero && number === 0)) return undefined;
  return `-X${name} with ${range.zero ? "0 or " : ""}a number from ${range.least} to ${range.most}, not ${value}`;
}

function isKnown(letter: string, value: string): boolean {
  return value === "" ? letter !== "" && letters.includes(letter) : letter === "W" || letter === "X";
}
