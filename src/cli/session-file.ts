import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "./replace-file.js";
import { UsageError } from "./usage-error.js";

export interface SessionFileOptions {
  /** A path on the host. */
  readonly path: string;
  /** Run from the file and keep nothing. */
  readonly readOnly: boolean;
}

/** A file that holds a session between processes. This process alone uses it until `close`. */
export interface SessionFile {
  readonly readOnly: boolean;
  /** The snapshot to begin from; empty if there is no file yet. */
  readonly content: { readonly snapshot?: Uint8Array };
  /** Does nothing with a file that is only read. */
  save(snapshot: Uint8Array): void;
  close(): void;
}

/** A takeover is done in an instant; one that is older than this was cut short. */
const longestTakeoverMs = 10_000;

/** A `UsageError` if another process uses the file, or if it cannot be read. */
export function openSessionFile({ path, readOnly }: SessionFileOptions): SessionFile {
  const target = resolvePath(path);
  const lock = readOnly ? undefined : takeLock(target, path);
  try {
    const snapshot = readIfThere(target);
    if (snapshot === undefined && readOnly)
      throw new UsageError(`cannot read ${path}: there is no such file`);
    return {
      readOnly,
      content: snapshot === undefined ? {} : { snapshot },
      save: (bytes) => (readOnly ? undefined : replaceFile(target, bytes)),
      close: () => lock?.release(),
    };
  } catch (error) {
    lock?.release();
    throw failure(path, error);
  }
}

/** Two names of one file must share one lock. */
function resolvePath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch (error) {
      throw failure(path, error);
    }
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * A lock file names its holder. It appears with its content in one step, and goes with its holder; one whose holder
 * has died is replaced, by one process at a time.
 */
function takeLock(target: string, shownPath: string): { release(): void } {
  const path = `${target}.lock`;
  const own = `${process.pid} ${startOf(process.pid)}\n`;
  try {
    if (!createWith(path, own)) takeOver(path, own, shownPath);
  } catch (error) {
    throw failure(shownPath, error);
  }
  return {
    release() {
      if (readText(path) === own) rmSync(path, { force: true });
    },
  };
}

function takeOver(path: string, own: string, shownPath: string): void {
  const held = readText(path);
  const inUse = () =>
    new UsageError(`${shownPath} is in use by the process ${Number.parseInt(held, 10) || "that begins now"}`);
  if (isAlive(held)) throw inUse();
  const guard = `${path}.takeover`;
  if (!createWith(guard, own)) {
    const ageMs = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (ageMs < longestTakeoverMs || !removeStale(guard) || !createWith(guard, own)) throw inUse();
  }
  try {
    // Only the holder of the guard replaces a lock, so one that is stale now stays so.
    const now = readText(path);
    if (now === "") {
      if (createWith(path, own)) return;
      throw inUse();
    }
    if (isAlive(now)) throw inUse();
    const temporary = temporaryName(path);
    writeFileSync(temporary, own, { mode: 0o600 });
    renameSync(temporary, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Of several processes that see the same leftover, one removes it. */
function removeStale(path: string): boolean {
  const temporary = temporaryName(path);
  try {
    renameSync(path, temporary);
    rmSync(temporary, { force: true });
    return true;
  } catch {
    return false;
  }
}

/** Makes a file that has its content from the beginning; false if there is one. */
function createWith(path: string, content: string): boolean {
  const temporary = temporaryName(path);
  writeFileSync(temporary, content, { mode: 0o600 });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // A file system without links: there, the content comes an instant later.
    try {
      writeFileSync(path, content, { flag: "wx", mode: 0o600 });
      return true;
    } catch (second) {
      if (codeOf(second) === "EEXIST") return false;
      throw second;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
}

function isAlive(lock: string): boolean {
  const [pid, start] = lock.trim().split(" ");
  if (!(Number(pid) > 0)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const now = startOf(Number(pid));
  return now === "" || start === undefined || start === "" || now === start;
}

/** Tells a process from a later one with the same number; empty where the system does not say. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  const startTimeField = 19;
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[startTimeField] ?? "";
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function failure(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "its directory does not exist",
    ENOTDIR: "its directory is none",
    EISDIR: "it is a directory",
    EACCES: "permission denied",
    EROFS: "the file system is read-only",
  };
  return new UsageError(`cannot use ${path}: ${reasons[code] ?? code}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
