import { nearest } from "../nearest.js";
import type { CallArguments } from "../session/host-functions/bind-arguments.js";
import { RelayedFunction } from "../session/host-functions/relayed-function.js";
import { functionTable } from "../session/host-functions/table.js";
import type { HostCallContext, HostFunctions } from "../session/host-functions/types.js";

/** Host functions as JSON declares them: by name, each an object of its options, or a namespace of such. */
export type DeclaredFunctions = Readonly<Record<string, unknown>>;

/** Carries out a call. What it gives, or throws, is the answer. */
export type RelayCall = (name: string, given: CallArguments, context: HostCallContext) => unknown;

/** The options of a function, and what the library calls them. */
const optionNames: Readonly<Record<string, string>> = {
  description: "description",
  parameters: "parameters",
  returns: "returns",
  style: "style",
  timeout_ms: "timeoutMs",
  concurrency: "concurrency",
};

/** The functions that were declared, as a session takes them. What is wrong with one is an error when they are used. */
export function relayedFunctions(declared: DeclaredFunctions, relay: RelayCall): HostFunctions {
  return namespace(declared, [], relay) as unknown as HostFunctions;
}

/** An error of one line for what declares no functions, or some that no session can have. */
export function checkDeclared(declared: unknown): asserts declared is DeclaredFunctions {
  if (!isObject(declared)) throw new Error("the functions must be an object, by name");
  functionTable(relayedFunctions(declared, () => {}));
}

function namespace(members: DeclaredFunctions, path: readonly string[], relay: RelayCall): object {
  const functions: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(members)) {
    const names = [...path, name];
    if (!isObject(member)) throw new Error(`functions.${names.join(".")} must be an object`);
    functions[name] = isFunction(member)
      ? relayed(member, names.join("."), relay)
      : namespace(member, names, relay);
  }
  return functions;
}

/** What has an option of a function, or nothing at all, is one. */
function isFunction(member: object): boolean {
  const names = Object.keys(member);
  return names.length === 0 || names.some((name) => Object.hasOwn(optionNames, name));
}

function relayed(given: DeclaredFunctions, name: string, relay: RelayCall): RelayedFunction {
  const options: Record<string, unknown> = Object.create(null);
  for (const [option, value] of Object.entries(given)) {
    const known = Object.hasOwn(optionNames, option) ? optionNames[option] : undefined;
    if (known === undefined) throw new Error(unknownOption(name, option));
    options[known] = value;
  }
  return new RelayedFunction(options, (args, context) => relay(name, args, context));
}

function unknownOption(name: string, option: string): string {
  const meant = nearest(option.slice(0, 100), Object.keys(optionNames));
  const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `functions.${name} has no option ${JSON.stringify(option.slice(0, 100))}${advice}`;
}

function isObject(value: unknown): value is DeclaredFunctions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
