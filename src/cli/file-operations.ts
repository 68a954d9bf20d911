import type { DirectoryEntry } from "../engine/file-requests.js";
import type { Session } from "../session/session.js";
import { fromJsonBytes, type JsonBytes, toJsonBytes } from "../wire/json-bytes.js";
import type { FileOperation, RequestId } from "./requests.js";

/** The most bytes of a file in an answer, where the request does not say otherwise. */
const defaultFileBytes = 16 * 1024 * 1024;

export interface FileAnswer {
  readonly id: RequestId;
  readonly content?: string | JsonBytes;
  readonly entries?: readonly DirectoryEntry[];
  readonly info?: Readonly<Record<string, string | number>>;
}

/** Does what a request asks of the files of its session. */
export async function operateOnFiles({ files }: Session, request: FileOperation): Promise<FileAnswer> {
  const { id } = request;
  switch (request.op) {
    case "read_file": {
      const { path, maxBytes = defaultFileBytes, encoding } = request;
      return { id, content: contentOf(await files.read(path, { maxBytes }), encoding) };
    }
    case "write_file": {
      const { path, content, parents = false } = request;
      await files.write(path, typeof content === "string" ? content : fromJsonBytes(content), { parents });
      return { id };
    }
    case "list_files":
      return { id, entries: await files.list(request.path) };
    case "stat_file": {
      const { modifiedMs, ...info } = await files.stat(request.path);
      return { id, info: { ...info, modified_ms: modifiedMs } };
    }
    case "remove_file":
      await files.remove(request.path, { recursive: request.recursive === true });
      return { id };
  }
}

/** A text if it is one, or was asked for: what is no UTF-8 in it becomes U+FFFD then. */
function contentOf(bytes: Uint8Array, encoding: "text" | "bytes" | undefined): string | JsonBytes {
  if (encoding === "bytes") return toJsonBytes(bytes);
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: encoding === undefined }).decode(bytes);
  } catch {
    return toJsonBytes(bytes);
  }
}
