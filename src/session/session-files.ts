import type {
  DirectoryEntry,
  FileInfo,
  FilePart,
  FileRequest,
  FileStep,
  OverlayChange,
} from "../engine/file-requests.js";
import { WasmReplError } from "../errors.js";
import { aBoolean, aCount, type Checks, checkOptions } from "./option-checks.js";

/** The most bytes that one `read` gives unless it says otherwise. */
export const defaultReadBytes = 64 * 1024 * 1024;
/** The most entries that `list` and `overlayChanges` give unless they say otherwise. */
const defaultEntries = 65_536;
/** The most characters of a path that a message repeats. */
const maxQuotedLength = 200;

/** What a path reaches, or may not: in all its ways the guest's own files, as its code would see them. */
export interface SessionFiles {
  /**
   * The contents of a regular file.
   *
   * @param options `maxBytes`: if it is larger, that is an error (`EFBIG`). Default 64 MiB.
   */
  read(path: string, options?: ReadFileOptions): Promise<Uint8Array>;
  /** As `read`, as text in UTF-8; what is none becomes U+FFFD. */
  readText(path: string, options?: ReadFileOptions): Promise<string>;
  /**
   * Makes a file with these contents, or puts them in the place of those that it has. A string is written in UTF-8. In
   * memory and on overlays all or nothing: without room (`ENOSPC`, `EFBIG`) nothing has changed.
   *
   * @param options `parents`: make missing directories above it too. Default false.
   */
  write(path: string, data: string | Uint8Array, options?: MakeOptions): Promise<void>;
  /**
   * What is in a directory, sorted by name.
   *
   * @param path Default: the working directory.
   * @param options `maxEntries`: if there are more, that is an error (`EOVERFLOW`). Default 65,536.
   */
  list(path?: string, options?: ListFilesOptions): Promise<DirectoryEntry[]>;
  /** @param options `followSymlinks`: tell of what a link leads to. Default true. */
  stat(path: string, options?: StatFileOptions): Promise<FileInfo>;
  /**
   * @param options `parents`: make missing directories above it too, and do nothing if it is there. Default false.
   */
  makeDirectory(path: string, options?: MakeOptions): Promise<void>;
  /**
   * Removes a file, a link or an empty directory.
   *
   * @param options `recursive`: a directory with all that is in it. If that fails half way, what is left is left. Default
   *   false.
   */
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /**
   * How the mounts with the mode `overlay` differ from the host's directories, sorted by path. To have the same on the
   * host, do it in this order to a copy of the directory, not to the one that shows through: what was removed stands in
   * front of what was made in its place. Of a removed directory only itself is told, of one that was made also what is in
   * it. Targets of links are the guest's to choose.
   *
   * @param options `maxEntries`: if there are more, that is an error (`EOVERFLOW`). Default 65,536.
   */
  overlayChanges(options?: ListFilesOptions): Promise<OverlayChange[]>;
}

export interface ReadFileOptions {
  readonly maxBytes?: number;
}

export interface ListFilesOptions {
  readonly maxEntries?: number;
}

export interface MakeOptions {
  readonly parents?: boolean;
}

export interface StatFileOptions {
  readonly followSymlinks?: boolean;
}

export interface RemoveOptions {
  readonly recursive?: boolean;
}

const readChecks: Checks<ReadFileOptions> = { maxBytes: aCount(0) };
const listChecks: Checks<ListFilesOptions> = { maxEntries: aCount(0) };
const makeChecks: Checks<MakeOptions> = { parents: aBoolean };
const statChecks: Checks<StatFileOptions> = { followSymlinks: aBoolean };
const removeChecks: Checks<RemoveOptions> = { recursive: aBoolean };

/** Has a request done in its turn: gives each part to `take` as it comes, and at the end why it could not be done. */
export type PerformFileRequest = (
  request: FileRequest,
  take: (part: FilePart) => void,
) => Promise<FileStep["failure"]>;

export function createSessionFiles(performRequest: PerformFileRequest): SessionFiles {
  async function perform(
    doing: string,
    request: FileRequest,
    take: (part: FilePart) => void = () => {},
  ): Promise<void> {
    const failure = await performRequest(request, take);
    if (failure === undefined) return;
    const what = request.op === "overlayChanges" ? "" : ` ${quote(request.path)}`;
    const message = `cannot ${doing}${what}: ${failure.reason} (${failure.errno})`;
    throw new WasmReplError("FILE_FAILED", message, { errno: failure.errno });
  }

  const files: SessionFiles = {
    async read(path, options = {}) {
      checkOptions("files.read", options, readChecks);
      const { maxBytes = defaultReadBytes } = options;
      checkPath(path);
      const pieces: Uint8Array[] = [];
      await perform("read", { op: "read", path, maxBytes }, (part) => {
        if ("bytes" in part) pieces.push(part.bytes);
      });
      return joined(pieces);
    },
    async readText(path, options) {
      // As it is: with the mark at the beginning that some texts have.
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await files.read(path, options));
    },
    async write(path, data, options = {}) {
      checkOptions("files.write", options, makeChecks);
      const { parents = false } = options;
      checkPath(path);
      // A copy: it waits for its turn, and is moved to the guest's thread.
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : copyOf(data);
      await perform("write", { op: "write", path, bytes, parents });
    },
    async list(path = ".", options = {}) {
      checkOptions("files.list", options, listChecks);
      const { maxEntries = defaultEntries } = options;
      checkPath(path);
      const entries: DirectoryEntry[] = [];
      await perform("list", { op: "list", path, maxEntries }, (part) => {
        if ("entries" in part) entries.push(...part.entries);
      });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async stat(path, options = {}) {
      checkOptions("files.stat", options, statChecks);
      const { followSymlinks = true } = options;
      checkPath(path);
      let info: FileInfo | undefined;
      await perform("look at", { op: "stat", path, followSymlinks }, (part) => {
        if ("info" in part) info = part.info;
      });
      return info as FileInfo;
    },
    async makeDirectory(path, options = {}) {
      checkOptions("files.makeDirectory", options, makeChecks);
      const { parents = false } = options;
      checkPath(path);
      await perform("make the directory", { op: "makeDirectory", path, parents });
    },
    async remove(path, options = {}) {
      checkOptions("files.remove", options, removeChecks);
      const { recursive = false } = options;
      checkPath(path);
      await perform("remove", { op: "remove", path, recursive });
    },
    async overlayChanges(options = {}) {
      checkOptions("files.overlayChanges", options, listChecks);
      const { maxEntries = defaultEntries } = options;
      const changes: OverlayChange[] = [];
      await perform("tell what has changed on overlays", { op: "overlayChanges", maxEntries }, (part) => {
        if ("changes" in part) changes.push(...part.changes);
      });
      return changes;
    },
  };
  return files;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = pieces;
  if (pieces.length <= 1) return first;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let done = 0;
  for (const piece of pieces) {
    whole.set(piece, done);
    done += piece.length;
  }
  return whole;
}

/** Bytes that are all of a buffer of their own. */
function copyOf(data: unknown): Uint8Array {
  if (!(data instanceof Uint8Array)) throw invalid("the data must be a string or a Uint8Array");
  const copy = new Uint8Array(data.length);
  copy.set(data);
  return copy;
}

function checkPath(path: unknown): void {
  if (typeof path !== "string") throw invalid("a path must be a string");
}

function invalid(reason: string): WasmReplError {
  return new WasmReplError("INVALID_OPTION", reason);
}

/** In one line that does nothing to a terminal. */
function quote(path: string): string {
  const text = JSON.stringify(path.length > maxQuotedLength ? `${path.slice(0, maxQuotedLength)}…` : path);
  return text.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
