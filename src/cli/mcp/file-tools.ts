import { mostCharacters } from "./limits.js";
import { picture, pictureType } from "./pictures.js";
import type { CallToolResult } from "./sdk.js";
import {
  type ArgumentSchema,
  defaultSession,
  inputSchema,
  sessionArgument,
  type Tool,
  ToolError,
  told,
} from "./tool.js";
import type { Workspace } from "./workspace.js";

/** The most bytes of a file that is read here: larger ones are for code to read. */
const mostFileBytes = 16 * 1024 * 1024;
const mostPictureBytes = 5 * 1024 * 1024;
/** The most entries of a directory that are told. */
const mostEntries = 1000;

const path: ArgumentSchema = {
  type: "string",
  minLength: 1,
  description: "Relative to the working directory, or absolute",
};
const session = sessionArgument("The session whose file it is. Default: default");

export function fileTools(workspace: Workspace): Tool[] {
  const existing = (name: string) => {
    workspace.mustHave(name);
    return name;
  };
  return [
    {
      name: "write_file",
      title: "Write a file",
      description:
        "Writes a file of a session, which code finds there; missing directories are made, and an older file is replaced.",
      inputSchema: inputSchema(
        {
          path,
          content: { type: "string", description: "The text, or the bytes in base64" },
          encoding: {
            type: "string",
            enum: ["utf8", "base64"],
            default: "utf8",
            description: "What content is",
          },
          session,
        },
        ["path", "content"],
      ),
      outputSchema: objectOf({ path: { type: "string" }, bytes: { type: "integer" } }),
      annotations: {
        title: "Write a file",
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
      async call({ path, content, encoding, session: name = defaultSession }: WriteArguments) {
        const bytes = encoding === "base64" ? fromBase64(content) : Buffer.from(content);
        await workspace.use(name, ({ files }) => files.write(path, bytes, { parents: true }));
        return told(`wrote ${bytes.length} bytes to ${path}`, { path, bytes: bytes.length });
      },
    },
    {
      name: "read_file",
      title: "Read a file",
      description: `Reads a file of a session: a text, of which ${mostCharacters} characters at a time, or a picture (PNG, JPEG, GIF, WebP). Read other kinds, and large files, with code.`,
      inputSchema: inputSchema(
        {
          path,
          offset: {
            type: "integer",
            minimum: 0,
            default: 0,
            description: "How many characters of a text to pass over",
          },
          session,
        },
        ["path"],
      ),
      outputSchema: objectOf(
        {
          path: { type: "string" },
          bytes: { type: "integer" },
          text: { type: "string" },
          characters: { type: "integer", description: "Of the whole text" },
          next_offset: { type: "integer", description: "Where the text goes on" },
        },
        ["path", "bytes"],
      ),
      annotations: { title: "Read a file", readOnlyHint: true, openWorldHint: false },
      async call({ path, offset = 0, session: name = defaultSession }: ReadArguments) {
        const bytes = await workspace.use(existing(name), ({ files }) =>
          files.read(path, { maxBytes: mostFileBytes }),
        );
        return contentOf(path, bytes, offset);
      },
    },
    {
      name: "list_files",
      title: "List files",
      description: "Lists a directory of a session's files: names, kinds and sizes.",
      inputSchema: inputSchema(
        { path: { ...path, description: "A directory. Default: the working directory" }, session },
        [],
      ),
      outputSchema: objectOf(
        {
          entries: {
            type: "array",
            items: objectOf({
              name: { type: "string" },
              type: { type: "string" },
              bytes: { type: "integer" },
            }),
          },
          left_out: { type: "integer", description: "How many more there are" },
        },
        ["entries"],
      ),
      annotations: { title: "List files", readOnlyHint: true, openWorldHint: false },
      async call({ path, session: name = defaultSession }: ListArguments) {
        const all = await workspace.use(existing(name), ({ files }) => files.list(path));
        const entries = all.slice(0, mostEntries).map(({ name, type, bytes }) => ({ name, type, bytes }));
        const leftOut = all.length - entries.length;
        const lines = entries.map(({ name, type, bytes }) =>
          type === "directory"
            ? `${JSON.stringify(name).slice(1, -1)}/`
            : `${JSON.stringify(name).slice(1, -1)}  ${type === "file" ? "" : `${type}, `}${bytes} bytes`,
        );
        if (leftOut > 0) lines.push(`[and ${leftOut} more]`);
        return told(lines.join("\n") || "[empty]", {
          entries,
          ...(leftOut > 0 ? { left_out: leftOut } : {}),
        });
      },
    },
  ];
}

interface WriteArguments {
  readonly path: string;
  readonly content: string;
  readonly encoding?: "utf8" | "base64";
  readonly session?: string;
}

interface ReadArguments {
  readonly path: string;
  readonly offset?: number;
  readonly session?: string;
}

interface ListArguments {
  readonly path?: string;
  readonly session?: string;
}

function contentOf(path: string, bytes: Uint8Array, offset: number): CallToolResult {
  const type = pictureType(bytes);
  if (type !== undefined) {
    if (bytes.length > mostPictureBytes) {
      throw new ToolError(
        `${path} is a picture of ${bytes.length} bytes, which is too large to be sent: make it smaller`,
      );
    }
    const about = `${path}: ${type}, ${bytes.length} bytes`;
    return {
      content: [{ type: "text", text: about }, picture(type, bytes)],
      structuredContent: { path, bytes: bytes.length },
    };
  }
  const text = textOf(bytes);
  if (text === undefined)
    throw new ToolError(`${path} is no text (${bytes.length} bytes): read it with code`);
  if (offset > text.length) {
    throw new ToolError(`offset is behind the end: ${path} has ${text.length} characters`);
  }
  const end = Math.min(text.length, offset + mostCharacters);
  const part = text.slice(offset, end);
  const isLast = end === text.length;
  const note = isLast
    ? ""
    : `\n[characters ${offset} to ${end} of ${text.length}; go on with offset: ${end}]`;
  return told(part + note || "[empty]", {
    path,
    bytes: bytes.length,
    text: part,
    characters: text.length,
    ...(isLast ? {} : { next_offset: end }),
  });
}

/** Undefined if it is no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function fromBase64(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/=+$/, "").length % 4 === 1) {
    throw new ToolError("content is not base64, as encoding says");
  }
  return Buffer.from(compact, "base64");
}

/** @param required Default: all properties. */
function objectOf(
  properties: Record<string, object>,
  required = Object.keys(properties),
): Tool["outputSchema"] {
  return { type: "object", properties, required } as Tool["outputSchema"];
}
