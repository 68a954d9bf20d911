import { WasmReplError } from "../../errors.js";
import type { FunctionDeclaration } from "../../guest/host-line.js";
import {
  aDuration,
  aFunction,
  anObject,
  aSize,
  aText,
  type Checks,
  checkOptions,
  oneOf,
} from "../option-checks.js";
import { RelayedFunction } from "./relayed-function.js";
import type { HostFunctionOptions, HostFunctions, JsonSchema, PlainHostFunction } from "./types.js";

/** A function that can be called. */
export interface TableEntry extends Partial<Omit<HostFunctionOptions, "run">> {
  /** The short form is called with the arguments as they are; the long form with those that have names, and the context. */
  readonly plain?: PlainHostFunction;
  readonly run?: HostFunctionOptions["run"];
  readonly relay?: RelayedFunction["relay"];
}

/** The functions of a session by their names, with dots in namespaces. */
export type FunctionTable = ReadonlyMap<string, TableEntry>;

const relayedChecks: Checks<Omit<HostFunctionOptions, "run">> = {
  description: aText,
  parameters: anObject,
  returns: anObject,
  style: oneOf("sync", "async"),
  timeoutMs: aDuration,
  concurrency: aSize,
};

const checks: Checks<HostFunctionOptions> = { ...relayedChecks, run: aFunction };

const mostFunctions = 1000;
const deepestNamespace = 8;

/** Names that both languages take for a function, and that mean nothing else there. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const reserved = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield case catch const debugger default delete " +
    "do enum export extends false function instanceof let new null super switch this throw true typeof var void sync aio " +
    "__proto__ constructor prototype tools"
  ).split(" "),
);

/** Whether guest code can call a function by that name, in both languages. */
export function isFunctionName(name: string): boolean {
  return namePattern.test(name) && !reserved.has(name);
}

/** `INVALID_OPTION` for what is no function, or has no name that a guest can call it by. */
export function functionTable(functions: HostFunctions): FunctionTable {
  const table = new Map<string, TableEntry>();
  const add = (names: readonly string[], value: unknown): void => {
    if (value === undefined) return;
    const name = names.join(".");
    const last = names.at(-1) ?? "";
    if (!isFunctionName(last)) {
      throw wrong(
        `functions has a name ${JSON.stringify(last.slice(0, 100))}: it must be a name in both languages, and no word of theirs`,
      );
    }
    if (typeof value === "function") table.set(name, { plain: value as PlainHostFunction });
    else if (value instanceof RelayedFunction) {
      checkOptions(`functions.${name}`, value.options, relayedChecks);
      table.set(name, { ...value.options, relay: value.relay });
    } else if (isLong(value)) {
      checkOptions(`functions.${name}`, value, checks);
      table.set(name, value);
    } else if (anObject(value, "") === undefined && names.length < deepestNamespace) {
      for (const [inner, member] of Object.entries(value as object)) add([...names, inner], member);
    } else {
      throw wrong(
        `functions.${name} must be a function, an object with a function run, or an object of such`,
      );
    }
    if (table.size > mostFunctions) throw wrong(`functions may have ${mostFunctions} at most`);
  };
  for (const [name, value] of Object.entries(functions)) add([name], value);
  return table;
}

function isLong(value: unknown): value is HostFunctionOptions {
  return typeof (value as Partial<HostFunctionOptions> | null)?.run === "function";
}

function wrong(message: string): WasmReplError {
  return new WasmReplError("INVALID_OPTION", message);
}

/** What a guest's driver is told of them. */
export function declarationsOf(table: FunctionTable): FunctionDeclaration[] {
  return Array.from(table, ([name, { style, description, parameters, returns }]) => {
    const documentation = documentationOf(description, parameters, returns);
    return {
      name,
      ...(style === undefined ? {} : { style }),
      ...(documentation === "" ? {} : { documentation }),
      ...(parameters === undefined ? {} : { parameters: parametersOf(parameters) }),
    };
  });
}

export function parametersOf(schema: JsonSchema): Array<{ name: string; isRequired: boolean }> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.keys(Object(schema.properties)).map((name) => ({
    name,
    isRequired: required.includes(name),
  }));
}

function documentationOf(
  description: string | undefined,
  parameters: JsonSchema | undefined,
  returns: JsonSchema | undefined,
): string {
  const properties: Record<string, unknown> = Object(parameters?.properties);
  const lines = Object.entries(properties).map(([name, schema]) => `    ${name}: ${described(schema)}`);
  return [
    ...(description === undefined ? [] : [description]),
    ...(lines.length === 0 ? [] : [`Arguments:\n${lines.join("\n")}`]),
    ...(returns === undefined ? [] : [`Returns: ${described(returns)}`]),
  ].join("\n\n");
}

function described(schema: unknown): string {
  const { type, description, enum: values } = Object(schema);
  const kind = Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(" | ") : type;
  return [kind, description].filter((text) => typeof text === "string" && text !== "").join(", ") || "any";
}
