import type { Mount } from "../../../vfs/mount-spec.js";
import { readJsonFile } from "../../json-file.js";
import { UsageError } from "../../usage-error.js";

/** How another server of the protocol is started. */
export interface ServerCommand {
  /** As its file calls it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Besides what every such server gets: where its home and its programs are. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The only tools that the code may call. Default: all. */
  readonly tools?: readonly string[];
}

/**
 * Reads a file such as clients of the protocol have: `{"mcpServers": {NAME: {"command", "args", "env"}}}`. What else it
 * says of a server is another client's. A `UsageError` if there is anything that cannot be started.
 */
export function readServersFile(path: string, mounts: readonly Mount[]): ServerCommand[] {
  const { mcpServers } = Object(readJsonFile(path, mounts));
  if (!isObject(mcpServers)) throw new UsageError(`${path} has no object "mcpServers"`);
  return Object.entries(mcpServers).flatMap(([name, given]) => {
    if (isObject(given) && given.disabled === true) return [];
    return [
      checked(given, name, (fault) => new UsageError(`${path}: the server ${JSON.stringify(name)} ${fault}`)),
    ];
  });
}

function checked(given: unknown, name: string, wrong: (fault: string) => Error): ServerCommand {
  if (!isObject(given)) throw wrong("is no object");
  const { command, args = [], env = {}, cwd, tools, url } = given;
  if (url !== undefined)
    throw wrong("has a url: only servers that are started with a command can be used here");
  if (typeof command !== "string" || command === "") throw wrong("has no command");
  if (!isTexts(args)) throw wrong("has args that are no list of strings");
  if (!isObject(env) || !isTexts(Object.values(env))) throw wrong("has an env that is no object of strings");
  if (cwd !== undefined && typeof cwd !== "string") throw wrong("has a cwd that is no string");
  if (tools !== undefined && !isTexts(tools)) throw wrong("has tools that are no list of names");
  return {
    name,
    command,
    args,
    env: env as Record<string, string>,
    ...(cwd === undefined ? {} : { cwd }),
    ...(tools === undefined ? {} : { tools }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
