import { nearest } from "../nearest.js";
import type { CommandName } from "./command.js";
import type { Option } from "./option.js";
import { type OptionValues, readValue } from "./option-values.js";
import { type OptionKey, type options, optionsOf } from "./options.js";
import { UsageError } from "./usage-error.js";

type Table = typeof options;
type ValueOf<Entry> = Entry extends { value: infer Kind extends keyof OptionValues }
  ? OptionValues[Kind]
  : true;

/** The options that were given, with their values. */
export type GivenOptions = {
  -readonly [Key in OptionKey]?: Table[Key] extends { repeatable: true }
    ? ValueOf<Table[Key]>[]
    : Table[Key] extends { counted: true }
      ? number
      : ValueOf<Table[Key]>;
};

export interface ParsedOptions {
  readonly given: GivenOptions;
  /** What follows the options, from the first word that is none on; `--` is still there. */
  readonly rest: readonly string[];
}

/**
 * Reads the options of a command as `python` and `node` do: they end at the first word that is none, at `--` or `-`,
 * or behind an option that is the program. Letters without a value may be written together, the last with its value.
 * Throws a `UsageError`, or a `MountError`, of one line.
 */
export function parseOptions(command: CommandName, words: readonly string[]): ParsedOptions {
  const known = optionsOf(command);
  const given: Record<string, unknown> = {};
  let at = 0;
  while (at < words.length) {
    const word = words[at] as string;
    if (!word.startsWith("-") || word === "-" || word === "--") break;
    at++;
    const found = splitWord(word, known);
    for (const { name, key, option, attached } of found) {
      if (option.value === undefined) {
        if (attached !== undefined) throw new UsageError(`${name} takes no value`);
        given[key] = option.counted ? ((given[key] as number | undefined) ?? 0) + 1 : true;
      } else {
        const text = attached ?? words[at++];
        if (text === undefined) throw new UsageError(`${name} needs a value`);
        const value = readValue[option.value](name, text);
        given[key] = option.repeatable ? [...((given[key] as unknown[] | undefined) ?? []), value] : value;
      }
    }
    if (found.some(({ option }) => option.last)) break;
  }
  if (given.help === undefined && given.version === undefined) checkTogether(given, known);
  return { given: given as GivenOptions, rest: words.slice(at) };
}

interface TypedOption {
  /** As it was typed. */
  readonly name: string;
  readonly key: OptionKey;
  readonly option: Option;
  readonly attached: string | undefined;
}

type KnownOptions = readonly (readonly [OptionKey, Option])[];

/** The options in a word: one, or some letters. `--name=value` and `-cCODE` carry their value with them. */
function splitWord(word: string, known: KnownOptions): TypedOption[] {
  const find = (name: string, attached: string | undefined): TypedOption => {
    const entry = known.find(([, { names }]) => names.includes(name));
    if (entry === undefined) throw unknownOption(word, known);
    return { name, key: entry[0], option: entry[1], attached };
  };
  // `-pe` is a name of its own, as `-p` takes what follows it for its value.
  if (known.some(([, { names }]) => names.includes(word))) return [find(word, undefined)];
  const [, long, value] = /^(--[^=]*|-runtime)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return [find(long, value)];
  const found: TypedOption[] = [];
  for (let letter = 1; letter < word.length; letter++) {
    const isLast = letter === word.length - 1;
    const typed = find(`-${word[letter]}`, isLast ? undefined : word.slice(letter + 1));
    if (typed.option.value !== undefined) return [...found, typed];
    found.push({ ...typed, attached: undefined });
  }
  return found;
}

function unknownOption(word: string, known: KnownOptions): UsageError {
  const name = word.replace(/=.*$/s, "").replace(/[\r\n]+/g, " ");
  // Short options are too near each other for that.
  const long = known.flatMap(([, { names }]) => names.filter((each) => each.startsWith("--")));
  const meant = nearest(name, long);
  return new UsageError(`unknown option ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

function checkTogether(given: Readonly<Record<string, unknown>>, known: KnownOptions): void {
  const present = known.filter(([key]) => given[key] !== undefined).map(([, option]) => option);
  const has = (name: string) => present.some(({ names }) => names.includes(name));
  for (const { names, needs, excludes = {} } of present) {
    if (needs !== undefined && !needs.some(has)) {
      throw new UsageError(`${names.at(-1)} goes with ${needs.join(" or ")}`);
    }
    for (const [other, reason] of Object.entries(excludes)) {
      if (has(other)) throw new UsageError(`${names.at(-1)} does not go with ${other}: ${reason}`);
    }
  }
}
