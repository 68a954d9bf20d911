import type { CallToolResult, ToolDeclaration } from "./sdk.js";

/** What a call of a tool is told besides its arguments. */
export interface ToolContext {
  /** Aborted when the client does not want the answer any more. */
  readonly signal: AbortSignal;
  /** Tells the client how far the call has come, if it wants to know. */
  readonly tellProgress?: (progress: number, message: string) => Promise<void>;
}

/** A value of JSON Schema that an argument may have: each is a single value. */
export interface ArgumentSchema {
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface InputSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For a model. */
  readonly description: string;
  readonly inputSchema: InputSchema;
  readonly outputSchema: NonNullable<ToolDeclaration["outputSchema"]>;
  readonly annotations: NonNullable<ToolDeclaration["annotations"]>;
  /** The arguments fit the schema. An error that this throws is told to the model. */
  call(args: never, context: ToolContext): Promise<CallToolResult>;
}

/** What a call got that it cannot do: the message is for a model to read. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/** A result that says it in words and as data. */
export function told(text: string, data: Record<string, unknown>): CallToolResult {
  return { content: [{ type: "text", text }], structuredContent: data };
}

/** How a session is named in the arguments of all tools. */
export function sessionArgument(description: string): ArgumentSchema {
  return { type: "string", pattern: sessionPattern, description };
}

const sessionPattern = "^[A-Za-z0-9_.-]{1,64}$";
export const defaultSession = "default";

export function inputSchema(properties: InputSchema["properties"], required: readonly string[]): InputSchema {
  return { type: "object", properties, required, additionalProperties: false };
}
