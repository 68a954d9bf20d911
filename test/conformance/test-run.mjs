import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

/** A directory that is removed after the tests. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "conformance-"));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

export function write(files, directory) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

/** Exit code, lines of standard output, and standard error of a run. */
export function conformance(...args) {
  const script = fileURLToPath(new URL("run.mjs", import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, lines: stdout.trimEnd().split("\n"), stderr }),
    );
  });
}

/** Arguments for a small suite in a directory, with its list of expected failures beside it. */
export const small = (language, directory) => [
  ...[language, "--suite", directory, "--test-timeout", "5", "--max-memory", "64"],
  ...["--results", join(directory, "results.jsonl"), "--expected", join(directory, "expected.txt")],
];

/** The numbers of the table's last line. */
export const totals = ({ lines }) =>
  lines
    .find((line) => line.startsWith("all "))
    .match(/\d+/g)
    .map(Number);

/** That going on with a run which ended while it wrote the line of a unit gives what the whole run gave. */
export async function assertResumes(language, directory, unit, whole) {
  const file = join(directory, "results.jsonl");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const [cut] = lines.splice(
    lines.findIndex((line) => line.startsWith(`{"unit":"${unit}"`)),
    1,
  );
  writeFileSync(file, `${lines.join("\n")}\n${cut.slice(0, 20)}`);
  const again = await conformance(...small(language, directory), "--resume");
  assert.deepEqual(again.lines, whole.lines);
  assert.deepEqual(readFileSync(file, "utf8").split("\n"), [...lines, cut, ""]);
  const other = await conformance(...small(language, directory), "--resume", "--sample", "2");
  assert.match(other.stderr, /is of another run/);
}
