import type {
  HostFunctionOptions,
  HostFunctions,
  JsonSchema,
} from "../../../session/host-functions/types.js";
import type { CallToolResult, ServerTool } from "../client-sdk.js";
import { callTimeoutMs, type ServerConnection } from "./connection.js";
import { functionName } from "./function-names.js";

/** The most functions of all servers, and of one, which is not to leave the others without. */
const mostFunctions = 900;
const mostOfServer = 200;
/** The most characters of a function's documentation. */
const longestDescription = 4000;

/** A tool of another server as guest code calls it. */
export interface ServerFunction {
  /** With the namespace of its server: `github.search`. */
  readonly name: string;
  readonly tool: ServerTool;
}

export interface ServerFunctions {
  readonly functions: HostFunctions;
  readonly list: readonly ServerFunction[];
  /** How many tools there are besides. */
  readonly leftOut: number;
}

/** Makes host functions of the tools of other servers: a namespace for each server. */
export function serverFunctions(connections: readonly ServerConnection[]): ServerFunctions {
  const functions: Record<string, Record<string, HostFunctionOptions>> = {};
  const list: ServerFunction[] = [];
  let leftOut = 0;
  const servers = new Set<string>();
  for (const connection of connections) {
    const server = functionName(connection.name, servers);
    servers.add(server);
    const members: Record<string, HostFunctionOptions> = {};
    const names = new Set<string>();
    for (const tool of connection.tools) {
      if (list.length >= mostFunctions || names.size >= mostOfServer) {
        leftOut++;
        continue;
      }
      const name = functionName(tool.name, names);
      names.add(name);
      members[name] = hostFunction(connection, tool);
      list.push({ name: `${server}.${name}`, tool });
    }
    if (names.size > 0) functions[server] = members;
  }
  return { functions, list, leftOut };
}

function hostFunction(connection: ServerConnection, tool: ServerTool): HostFunctionOptions {
  const { name, description, inputSchema, outputSchema } = tool;
  return {
    ...(description === undefined ? {} : { description: description.slice(0, longestDescription) }),
    parameters: parametersOf(inputSchema),
    ...(outputSchema === undefined ? {} : { returns: plainSchema(outputSchema) }),
    timeoutMs: callTimeoutMs,
    run: async (args, { signal }) => resultValue(await connection.call(name, args, signal as AbortSignal)),
  };
}

/**
 * The parameters by name and kind. The server checks the rest: of its schemas nothing is taken that a guest could have
 * looked at for very long in this process, such as a pattern.
 */
function parametersOf(schema: ServerTool["inputSchema"]): JsonSchema {
  const properties: Record<string, unknown> = Object(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  return {
    type: "object",
    // Those that must be given come first, where they can be given without their names.
    properties: Object.fromEntries(
      [...required.filter((name) => Object.hasOwn(properties, name)), ...optional].map((name) => [
        name,
        plainSchema(properties[name]),
      ]),
    ),
    required,
    ...(schema.additionalProperties === false ? { additionalProperties: false } : {}),
  };
}

function plainSchema(schema: unknown): JsonSchema {
  const { type, description, enum: values } = Object(schema);
  const isType =
    typeof type === "string" || (Array.isArray(type) && type.every((each) => typeof each === "string"));
  return {
    ...(isType ? { type } : {}),
    ...(typeof description === "string" ? { description: description.slice(0, longestDescription) } : {}),
    ...(Array.isArray(values) ? { enum: values } : {}),
  };
}

/**
 * What a tool gave, as a value: its structured content if it has some; else its text; else its parts in a list, pictures
 * and the like with their bytes. An error if it says that it has failed.
 */
export function resultValue({ content, structuredContent, isError }: CallToolResult): unknown {
  const parts = content ?? [];
  const texts = parts.map((part) => (part.type === "text" ? part.text : undefined));
  const isText = texts.every((text) => text !== undefined);
  if (isError === true)
    throw new ToolFailure(texts.filter((text) => text !== undefined).join("\n") || "the tool has failed");
  if (structuredContent !== undefined) return structuredContent;
  if (isText) return texts.join("\n");
  return parts.map((part) => {
    if (!("data" in part) || typeof part.data !== "string") return part;
    const { data, ...rest } = part;
    return { ...rest, data: new Uint8Array(Buffer.from(data, "base64")) };
  });
}

class ToolFailure extends Error {
  override readonly name = "ToolError";
}
