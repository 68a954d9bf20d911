// Directories for the states of named sessions.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A new directory that goes with the test file. */
export function makeDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-states-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Whether nothing is left in the directory but states. */
export const isTidy = (directory) => readdirSync(directory).every((name) => /^session-[^.]+$/.test(name));
