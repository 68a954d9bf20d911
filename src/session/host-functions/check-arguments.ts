import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { JsonSchema } from "./types.js";

/** What is wrong with arguments, in one line; undefined if they fit. */
export type CheckArguments = (args: unknown) => string | undefined;

const longestFault = 300;

export function argumentCheck(parameters: JsonSchema): CheckArguments {
  const validator = new Validator(parameters as Schema, "2020-12", true);
  return (args) => {
    const { valid, errors } = validator.validate(withoutBytes(args));
    return valid ? undefined : faultOf(errors);
  };
}

/** The innermost: those around it only say that something inside is wrong. */
function faultOf(errors: readonly OutputUnit[]): string {
  const { instanceLocation = "#", error = "it does not fit" } = errors.at(-1) ?? {};
  const place = instanceLocation.replace(/^#\/?/, "").replaceAll("/", ".");
  const fault = `${place === "" ? "" : `${place}: `}${error}`.replace(/\s+/g, " ");
  return fault.length > longestFault ? `${fault.slice(0, longestFault)}…` : fault;
}

/** A schema knows no bytes; a string is what comes nearest. */
function withoutBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return "";
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutBytes(member)]));
}
