import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What was entered before, oldest first. An entry keeps all its lines. */
export interface History {
  readonly entries: readonly string[];
  add(entry: string): void;
}

const mostEntries = 5000;
/** A longer entry is a file that was pasted; it is kept for this process only. */
const longestEntry = 100_000;
const ownerOnly = 0o600;

/** Where the entries of a language are kept, as the XDG base directories have it. */
export function historyPath(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const state = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(state, "wasm-repl", `${name}-history.jsonl`);
}

/**
 * One JSON string a line. Entries are appended whole, so that processes can share the file. A file that cannot be
 * read or written is done without: the history is then this process's own.
 */
export function openHistory(path: string): History {
  const { entries, isWhole } = read(path);
  let lead = isWhole ? "" : "\n";
  let usable = true;
  if (entries.length > mostEntries) {
    entries.splice(0, entries.length - mostEntries);
    usable = attempt(() => {
      const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      writeFileSync(`${path}.${process.pid}`, text, { mode: ownerOnly });
      renameSync(`${path}.${process.pid}`, path);
    });
  }
  return {
    entries,
    add(entry) {
      if (entry.trim() === "" || entry === entries.at(-1)) return;
      entries.push(entry);
      if (!usable || entry.length > longestEntry) return;
      usable = attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        appendFileSync(path, `${lead}${JSON.stringify(entry)}\n`, { mode: ownerOnly });
        lead = "";
      });
    },
  };
}

function read(path: string): { readonly entries: string[]; readonly isWhole: boolean } {
  let text = "";
  attempt(() => {
    text = readFileSync(path, "utf8");
  });
  const entries = text.split("\n").flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === "string" ? [entry] : [];
    } catch {
      // Half a line of a process that was ended while it wrote.
      return [];
    }
  });
  return { entries, isWhole: text === "" || text.endsWith("\n") };
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
