import { directoryOf, fileInfoOf } from "./answers.js";
import { checkNames } from "./check-options.js";
import type { Answer, Asked, Settle } from "./connection.js";
import { mostJsonBytes } from "./json.js";
import { ServiceError } from "./service-error.js";
import type { RemoteFiles } from "./types.js";

const mostFileBytes = 64 * 1024 * 1024;

type Ask = <Result>(
  asked: Asked,
  read: (answer: Answer) => Promise<Result>,
  settle?: Settle<Result>,
) => Promise<Result>;

/** @param base The session's path. */
export function createRemoteFiles(base: string, ask: Ask): RemoteFiles {
  const read = async (path: string) =>
    ask({ method: "GET", path: at(path) }, (answer) => answer.bytes(mostFileBytes));
  const change = (asked: Asked, settle?: Settle<void>) => ask(asked, nothing, settle);

  /** As one part of the address: what is in between would leave out `..` and `//`, or go elsewhere with them. */
  function at(path: string, query = ""): string {
    if (typeof path !== "string" || path === "" || path.includes("\0")) {
      throw new ServiceError("INVALID_OPTION", "a path is a text that is not empty, without NUL");
    }
    const plain = path === "." || path === ".." ? `${path}/` : path;
    if (!isWellFormed(plain)) throw new ServiceError("INVALID_OPTION", "a path has no halves of characters");
    return `${base}/files/${encodeURIComponent(plain)}${query}`;
  }

  return {
    read,
    async readText(path) {
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await read(path));
    },
    async write(path, data, options = {}) {
      checkNames("files.write", options, ["parents"]);
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      await change({ method: "PUT", path: at(path, options.parents ? "?parents" : ""), bytes });
    },
    list: async (path = ".") =>
      ask({ method: "GET", path: at(path, "?list") }, async (answer) =>
        directoryOf(await answer.bytes(mostJsonBytes)),
      ),
    stat: async (path) =>
      ask({ method: "GET", path: at(path, "?stat") }, async (answer) =>
        fileInfoOf(await answer.bytes(mostJsonBytes)),
      ),
    async makeDirectory(path, options = {}) {
      checkNames("files.makeDirectory", options, ["parents"]);
      const query = options.parents ? "?directory&parents" : "?directory";
      // The directory may be of the try before.
      await change({ method: "PUT", path: at(path, query) }, ({ errno }) =>
        errno === "EEXIST" ? { result: undefined } : undefined,
      );
    },
    async remove(path, options = {}) {
      checkNames("files.remove", options, ["recursive"]);
      await change(
        { method: "DELETE", path: at(path, options.recursive ? "?recursive" : "") },
        ({ errno }) => (errno === "ENOENT" ? { result: undefined } : undefined),
      );
    },
  };
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Of an answer that says no more than that it was done. */
export async function nothing(answer: Answer): Promise<void> {
  await answer.bytes(mostJsonBytes);
}
