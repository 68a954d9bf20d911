import { exportedFunctions, readSignature, type ValueType } from "../../wasm/signature.js";
import { CommandError } from "./command-error.js";
import {
  isNumberType,
  type NumberType,
  numberForms,
  parseNumber,
  showNumber,
  type WasmNumber,
} from "./values.js";

/** An exported function that is called in place of a command's start, with its arguments as text. */
export interface Invocation {
  readonly name: string;
  readonly args: readonly string[];
}

/** An invocation that fits its function. */
export interface PreparedInvocation {
  readonly name: string;
  readonly args: readonly WasmNumber[];
  /** What the function has returned, as text: a line for each result. */
  show(returned: unknown): string;
}

/**
 * Looks at what a function takes and gives before anything of the module runs. A `CommandError` if there is no such
 * function, if the arguments are not what it takes, or if it takes or gives what is no number.
 */
export function prepareInvocation(module: Uint8Array, { name, args }: Invocation): PreparedInvocation {
  const signature = readSignature(module, name);
  if (signature === undefined) {
    const names = exportedFunctions(module);
    throw new CommandError(
      names.includes(name)
        ? `it has types that are no numbers, so ${shownName(name)} cannot be called`
        : `it exports no function ${shownName(name)}; ${listOf(names)}`,
    );
  }
  const parameters = numbers(signature.parameters, name, "takes");
  const results = numbers(signature.results, name, "gives");
  if (args.length !== parameters.length) {
    const wanted =
      parameters.length === 0 ? "no arguments" : `${count(parameters.length)} (${clipped(parameters)})`;
    throw new CommandError(`${shownName(name)} takes ${wanted}, and ${args.length} are given`);
  }
  return {
    name,
    args: parameters.map((type, index) => readArgument(type, args[index] as string, index)),
    show(returned) {
      const values = results.length === 1 ? [returned] : [...((returned ?? []) as Iterable<unknown>)];
      return results.map((type, index) => `${showNumber(type, values[index] as WasmNumber)}\n`).join("");
    },
  };
}

/** A name of the module's, on one line and without anything that would steer a terminal. */
export function shownName(name: string): string {
  const longest = 60;
  const text = name.length > longest ? `${name.slice(0, longest)}...` : name;
  if (/^[\w.:$/@#-]+$/.test(text)) return text;
  return JSON.stringify(text).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Which functions there are to call. */
export function listOf(names: readonly string[]): string {
  const most = 20;
  if (names.length === 0) return "it exports none at all";
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return `it exports ${names.slice(0, most).map(shownName).join(", ")}${more}`;
}

function readArgument(type: NumberType, text: string, index: number): WasmNumber {
  const value = parseNumber(type, text);
  if (value !== undefined) return value;
  throw new CommandError(
    `argument ${index + 1} is ${numberForms[type]} (${type}), not ${shownName(text) || '""'}`,
  );
}

function numbers(types: readonly ValueType[], name: string, verb: string): NumberType[] {
  const other = types.find((type) => !isNumberType(type));
  if (other === undefined) return types.filter(isNumberType);
  const what = other === "v128" ? "a v128" : "a reference";
  throw new CommandError(`${shownName(name)} ${verb} ${what}, which has no form on a command line`);
}

function count(length: number): string {
  return length === 1 ? "1 argument" : `${length} arguments`;
}

function clipped(types: readonly string[]): string {
  const most = 20;
  return types.length > most ? `${types.slice(0, most).join(", ")}, ...` : types.join(", ");
}
