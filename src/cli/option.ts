import type { CommandName } from "./command.js";
import type { ValueKind } from "./option-values.js";

/** An option of the commands. All that is said, read and refused of it comes from here. */
export interface Option {
  /** As they are typed: the short one first. */
  readonly names: readonly string[];
  readonly of: readonly CommandName[];
  /** What it is followed by, and what the help calls that. Absent: nothing. */
  readonly value?: ValueKind;
  readonly placeholder?: string;
  /** Each value counts; otherwise the last one does. */
  readonly repeatable?: true;
  /** It says more when it is given again: what is read is how often it was. */
  readonly counted?: true;
  /** The program begins behind it: what follows is the program's own. */
  readonly last?: true;
  /** The options without any of which it means nothing. */
  readonly needs?: readonly [string, ...string[]];
  /** The options that it does not go with, and why. */
  readonly excludes?: Readonly<Record<string, string>>;
  /** A line for `--help`, which wraps it. */
  readonly help: string;
}
