import type { Errno } from "../errno.js";
import type { FileType } from "../vfs/types.js";

export type { FileType };

/** What is asked of a guest's files from outside. Paths begin at the guest's working directory. */
export type FileRequest =
  /** The contents of a regular file that is no longer than that. */
  | { readonly op: "read"; readonly path: string; readonly maxBytes: number }
  /** `bytes` are all of their buffer, which is moved. */
  | { readonly op: "write"; readonly path: string; readonly bytes: Uint8Array; readonly parents: boolean }
  | { readonly op: "list"; readonly path: string; readonly maxEntries: number }
  | { readonly op: "stat"; readonly path: string; readonly followSymlinks: boolean }
  | { readonly op: "makeDirectory"; readonly path: string; readonly parents: boolean }
  | { readonly op: "remove"; readonly path: string; readonly recursive: boolean }
  | { readonly op: "overlayChanges"; readonly maxEntries: number };

/** What there is of a file, a directory or something else. */
export interface FileInfo {
  readonly type: FileType;
  /** Length of the contents, or of a link's target, in bytes of UTF-8; 0 for a directory. */
  readonly bytes: number;
  /** Permission bits, `0o7777` at most. */
  readonly mode: number;
  /** When the contents were changed last, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Where a symbolic link leads to: any text that the guest liked. Absent for everything else. */
  readonly target?: string;
}

export interface DirectoryEntry {
  /** Any text without `/` and NUL. */
  readonly name: string;
  /** Links are not followed. */
  readonly type: FileType;
  /** As in `FileInfo`. */
  readonly bytes: number;
}

/** How an entry on an overlay differs from the host's directory. */
export type OverlayChange =
  | (FileInfo & {
      /** An absolute guest path. */
      readonly path: string;
      readonly change: "created" | "changed";
    })
  | { readonly path: string; readonly change: "removed" };

/** A piece of an answer. */
export type FilePart =
  | { readonly bytes: Uint8Array }
  | { readonly entries: readonly DirectoryEntry[] }
  | { readonly info: FileInfo }
  | { readonly changes: readonly OverlayChange[] };

/** How far a request has come. */
export interface FileStep {
  readonly part?: FilePart;
  /** Nothing more is to come. */
  readonly isLast: boolean;
  /** It cannot be done. */
  readonly failure?: { readonly errno: Errno; readonly reason: string };
}

export function changesFiles({ op }: FileRequest): boolean {
  return op === "write" || op === "makeDirectory" || op === "remove";
}
