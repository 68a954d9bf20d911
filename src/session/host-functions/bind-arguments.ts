import type { Language } from "../../engine/runtime.js";
import type { CrossingValue } from "../../guest/host-line.js";
import { decodeValue } from "./values.js";

/** What a function was called with. */
export interface CallArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Arguments that do not fit the function: a `TypeError` in the guest. */
export class ArgumentsError extends Error {
  override readonly name = "TypeError";
}

/** Reads what a guest has sent; an `ArgumentsError` if its code has forged it. */
export function readArguments(value: CrossingValue): CallArguments {
  const [args, kwargs] = Object(decodeValue(value));
  const isSound = Array.isArray(args) && typeof kwargs === "object" && kwargs !== null;
  if (!isSound) throw new ArgumentsError("the arguments are none");
  return { args, kwargs };
}

/**
 * All arguments by their names. In JavaScript a single plain object is taken for them.
 *
 * @param names Those of the parameters, in order; undefined if the function does not tell them.
 */
export function bindArguments(
  language: Language,
  { args, kwargs }: CallArguments,
  names: readonly string[] | undefined,
): Record<string, unknown> {
  const [first] = args;
  if (language === "javascript" && args.length === 1 && isPlainObject(first)) return first;
  if (args.length > 0 && names === undefined) {
    throw new ArgumentsError("it takes arguments by name only, for it does not say what its parameters are");
  }
  if (args.length > (names?.length ?? 0)) {
    const most = `${names?.length} ${names?.length === 1 ? "argument" : "arguments"}`;
    throw new ArgumentsError(`it takes ${most}, not ${args.length}`);
  }
  const bound: Record<string, unknown> = Object.create(null);
  for (const [index, value] of args.entries()) bound[names?.[index] ?? ""] = value;
  for (const [name, value] of Object.entries(kwargs)) {
    if (Object.hasOwn(bound, name)) throw new ArgumentsError(`it got two values for ${name}`);
    bound[name] = value;
  }
  return { ...bound };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
