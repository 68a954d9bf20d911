import { readdirSync, readFileSync } from "node:fs";
import type { FilePlace } from "./file-place.js";
import { FileRefusedError } from "./held-directory.js";
import { createWhole, readWhole, regularStats, remove, removeTemporaries, writeWhole } from "./whole-file.js";

const lockSuffix = ".lock";
const guardSuffix = ".takeover";
/** A lock is made, and a takeover done, in an instant; what is older than this was cut short. */
const longestInstantMs = 10_000;
/** More than any lock has. */
const mostLockBytes = 64;
const lockPattern = /^([1-9]\d{0,9}) (\d*)\n$/;
const mostPid = 2 ** 31 - 1;

/** A file is another's. `message` is one line that says whose, and what to do. */
export class FileLockError extends Error {
  override readonly name = "FileLockError";
}

/** What a lock file says. */
type Holder =
  | { readonly state: "none" | "beginning" | "dead" }
  | { readonly state: "alive"; readonly pid: number };

/**
 * Takes the lock of a file, which is a file beside it that names its holder. It appears with its content in one
 * step, and goes with its holder; one whose holder has died is replaced, by one process at a time. What killed
 * processes have left behind of the file and its lock is removed.
 *
 * Throws a `FileLockError` if another process holds it, or if something that is no lock is in its place; that stays.
 *
 * @param shown The file's path in messages.
 * @returns What gives the lock back.
 */
export function takeLock(place: FilePlace, shown: string): () => void {
  const lock = place.beside(lockSuffix);
  const own = Buffer.from(`${process.pid} ${startOf(process.pid)}\n`);
  if (!createWhole(lock, own)) takeOver(lock, own, shown);
  for (const mine of [place, lock, lock.beside(guardSuffix)]) removeTemporaries(mine);
  return () => {
    if (isText(lock, own)) remove(lock);
  };
}

function takeOver(lock: FilePlace, own: Uint8Array, shown: string): void {
  throwIfHeld(holderOf(lock, shown), shown);
  const guard = lock.beside(guardSuffix);
  if (!createWhole(guard, own) && !(removeStale(guard, shown) && createWhole(guard, own)))
    throw beginning(shown);
  try {
    // Only the holder of the guard replaces a lock, so one that is stale now stays so.
    const holder = holderOf(lock, shown);
    throwIfHeld(holder, shown);
    if (holder.state === "dead") writeWhole(lock, own, { durable: false });
    else if (!createWhole(lock, own)) throw beginning(shown);
  } finally {
    remove(guard);
  }
}

function throwIfHeld(holder: Holder, shown: string): void {
  if (holder.state === "beginning") throw beginning(shown);
  if (holder.state !== "alive") return;
  const { pid } = holder;
  if (pid === process.pid) throw new FileLockError(`${shown} is in use by this process: it holds a session`);
  throw new FileLockError(
    `${shown} is in use by the process ${pid} according to ${shown}${lockSuffix}: wait for it, or remove that file if the process has nothing to do with it`,
  );
}

function beginning(shown: string): FileLockError {
  return new FileLockError(`${shown} is in use by a process that begins now`);
}

function holderOf(lock: FilePlace, shown: string): Holder {
  const text = lockText(lock, shown);
  if (text === undefined) return { state: "none" };
  // It is being made on a file system without links, or was when its process or the machine stopped.
  if (text === "") return { state: isRecent(lock) ? "beginning" : "dead" };
  const [, digits, start = ""] = lockPattern.exec(text) ?? [];
  const pid = Number(digits);
  if (!(pid <= mostPid)) throw inTheWay(lock, shown, "it is no lock of a session");
  return isAlive(pid, start) ? { state: "alive", pid } : { state: "dead" };
}

function lockText(lock: FilePlace, shown: string): string | undefined {
  try {
    return readWhole(lock, mostLockBytes)?.toString("latin1");
  } catch (error) {
    throw inTheWay(lock, shown, error);
  }
}

function isText(lock: FilePlace, text: Uint8Array): boolean {
  try {
    return readWhole(lock, mostLockBytes)?.equals(text) === true;
  } catch {
    return false;
  }
}

/** Whether a file is so new, or so far in the future, that it may be in the making. */
function isRecent(place: FilePlace): boolean {
  const { mtimeMs = 0n } = regularStats(place) ?? {};
  return Math.abs(Date.now() - Number(mtimeMs)) < longestInstantMs;
}

/** Of several processes that see the same leftover, one removes it. */
function removeStale(guard: FilePlace, shown: string): boolean {
  try {
    if (isRecent(guard)) return false;
  } catch (error) {
    throw inTheWay(guard, shown, error);
  }
  return remove(guard);
}

function inTheWay({ name }: FilePlace, shown: string, reason: unknown): unknown {
  if (typeof reason !== "string" && !(reason instanceof FileRefusedError)) return reason;
  const clause = typeof reason === "string" ? reason : reason.message;
  return new FileLockError(
    `cannot lock ${shown}: ${name} beside it is in the way (${clause}): remove it if nothing else needs it`,
  );
}

/** @param start As `startOf` gave it when the process held the lock. */
function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another failure is a process that we may not send signals to.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  if (isZombie(pid)) return false;
  const now = startOf(pid);
  return now === "" || start === "" || now === start;
}

/** A process that has ended, and that its parent has not asked about: in a container that may stay so for good. */
function isZombie(pid: number): boolean {
  if (statOf(pid)[0] !== "Z") return false;
  // Its first thread is one before the others have ended, which may still be in a write.
  try {
    return readdirSync(`/proc/${pid}/task`).length === 1;
  } catch {
    return true;
  }
}

/** Tells a process from a later one with the same number; empty where the system does not say. */
function startOf(pid: number): string {
  const startTimeField = 19;
  return statOf(pid)[startTimeField] ?? "";
}

/** What Linux tells of a process, from its state on; nothing on other systems. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
