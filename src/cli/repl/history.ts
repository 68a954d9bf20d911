import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type FilePlace, withPlace } from "../../node/files/file-place.js";
import { openOutside } from "../../node/files/outside-mounts.js";
import { appendWhole, readWhole, removeDeadTemporaries, writeWhole } from "../../node/files/whole-file.js";
import type { Mount } from "../../vfs/mount-spec.js";

/** What was entered before, oldest first. An entry keeps all its lines. */
export interface History {
  readonly entries: readonly string[];
  add(entry: string): void;
}

const mostEntries = 5000;
/** A longer entry is a file that was pasted; it is kept for this process only. */
const longestEntry = 100_000;
const mostBytes = mostEntries * longestEntry;

/** Where the entries of a language are kept, as the XDG base directories have it. */
export function historyPath(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const state = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(state, "wasm-repl", `${name}-history.jsonl`);
}

/**
 * One JSON string a line. Entries are appended whole, so that processes can share the file. A file that cannot be
 * read or written, or that lies in one of `mounts` where the guest can write, is done without: the history is then
 * this process's own.
 */
export function openHistory(path: string, mounts: readonly Mount[] = []): History {
  /** False if it failed. */
  const attempt = (action: (place: FilePlace) => void): boolean => {
    try {
      withPlace(openOutside(path, mounts), action);
      return true;
    } catch {
      return false;
    }
  };
  let text = "";
  attempt((place) => {
    removeDeadTemporaries(place);
    text = readWhole(place, mostBytes)?.toString() ?? "";
  });
  const entries = entriesOf(text);
  let lead = text === "" || text.endsWith("\n") ? "" : "\n";
  let usable = true;
  if (entries.length > mostEntries) {
    entries.splice(0, entries.length - mostEntries);
    const kept = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    usable = attempt((place) => writeWhole(place, Buffer.from(kept), { durable: false }));
    lead = "";
  }
  return {
    entries,
    add(entry) {
      if (entry.trim() === "" || entry === entries.at(-1)) return;
      entries.push(entry);
      if (!usable || entry.length > longestEntry) return;
      const line = Buffer.from(`${lead}${JSON.stringify(entry)}\n`);
      usable = makeDirectory(dirname(path), mounts) && attempt((place) => appendWhole(place, line));
      lead = "";
    },
  };
}

/** Makes a directory and those above it, where no guest can write. False if that cannot be. */
function makeDirectory(path: string, mounts: readonly Mount[]): boolean {
  try {
    openOutside(join(path, "file"), mounts).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !makeDirectory(dirname(path), mounts))
      return false;
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}

function entriesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === "string" ? [entry] : [];
    } catch {
      // Half a line of a process that was ended while it wrote.
      return [];
    }
  });
}
