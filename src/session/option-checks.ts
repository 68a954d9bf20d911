/** Refuses options that nobody knows, and values that cannot be: before anything starts, and never by leaving them out. */
import { WasmReplError } from "../errors.js";
import { nearest } from "../nearest.js";

/** What is wrong with a value: undefined if nothing is. The name is how a message speaks of it. */
export type Check = (value: unknown, name: string) => string | undefined;

/** A check for each option, so that none is forgotten when one is added. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check };

/** The most characters of a value, or of a name, that a message repeats. */
const longestShown = 100;

/**
 * `INVALID_OPTION` for what is no object, an option that is not in the table, or one that its check refuses. An option
 * that is undefined is not given.
 *
 * @param owner What has the options, in the words of the message: "createSession".
 */
export function checkOptions<Options>(owner: string, options: Options, checks: Checks<Options>): void {
  const fault = faultOf(options, owner, checks as Readonly<Record<string, Check>>, "option");
  if (fault !== undefined) throw new WasmReplError("INVALID_OPTION", fault);
}

/** A check of an object with these members, of which some must be there. */
export function members(checks: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, name) => {
    const fault = faultOf(value, name, checks, "member");
    if (fault !== undefined) return fault;
    const missing = required.find((each) => (value as Record<string, unknown>)[each] === undefined);
    return missing === undefined ? undefined : `${name} has no ${missing}`;
  };
}

function faultOf(
  value: unknown,
  owner: string,
  checks: Readonly<Record<string, Check>>,
  kind: "option" | "member",
): string | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) {
    const what = kind === "option" ? `the options of ${owner}` : owner;
    return `${what} must be an object, not ${shown(value)}`;
  }
  // Also what is inherited: it would be read like the rest.
  for (const name in value) {
    const given = (value as Record<string, unknown>)[name];
    if (given === undefined) continue;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return unknownName(name, owner, Object.keys(checks), kind);
    const fault = check(given, kind === "option" ? name : `${owner}.${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function unknownName(name: string, owner: string, known: readonly string[], kind: string): string {
  const meant = nearest(name, known);
  const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `${owner} has no ${kind} ${shown(name)}${advice}`;
}

/** @param what What the value must be, in words that follow "must be". */
export function rule(what: string, isRight: (value: unknown) => boolean): Check {
  return (value, name) => (isRight(value) ? undefined : `${name} must be ${what}, not ${shown(value)}`);
}

/** NUL ends a string in the guest's C library. */
const isString = (value: unknown): value is string => typeof value === "string" && !value.includes("\0");

export const aBoolean = rule("true or false", (value) => typeof value === "boolean");
export const aFunction = rule("a function", (value) => typeof value === "function");
export const anObject = rule(
  "an object",
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
export const aText = rule("a string", (value) => typeof value === "string");
export const aString = rule("a string without NUL characters", isString);
export const strings = rule(
  "an array of strings without NUL characters",
  (value) => Array.isArray(value) && value.every(isString),
);
export const aDuration = rule("a number greater than 0", (value) => typeof value === "number" && value > 0);
export const aSize = rule("a positive whole number", (value) => isCount(value, 1));
export const anything: Check = () => undefined;

export function oneOf(...words: readonly string[]): Check {
  const quoted = words.map((word) => `"${word}"`).join(words.length === 2 ? " or " : ", ");
  return rule(words.length > 2 ? `one of ${quoted}` : quoted, (value) => words.includes(value as string));
}

/** A whole number, from `least` on. */
export function aCount(least: number): Check {
  return rule(`a whole number of ${least} or more`, (value) => isCount(value, least));
}

export function isCount(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** Each element of an array. */
export function each(what: string, check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value)) return `${name} must be an array of ${what}, not ${shown(value)}`;
    for (const [index, element] of value.entries()) {
      const fault = check(element, `${name}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** A value on one line, whatever is in it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string": {
      const text = value.length > longestShown ? `${value.slice(0, longestShown)}…` : value;
      return JSON.stringify(text);
    }
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "bigint":
      return "a BigInt";
    default:
      return String(value);
  }
}
