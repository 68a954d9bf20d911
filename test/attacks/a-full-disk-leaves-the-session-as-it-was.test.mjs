// A guest that grows its session, or fills the disk, until the host cannot save: the file keeps what it held.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandPath, finish } from "../commands.mjs";
import { makePlaces, runBriefly } from "./planting.mjs";

/** As a user's shell would limit it: no file may have more than 1 KiB. The system itself refuses to write more. */
const limited = (command, args) =>
  spawn("sh", ["-c", 'ulimit -f 2; exec "$@"', "sh", process.execPath, commandPath(command), ...args]);

/** Failures that take another machine to happen: at a write after some bytes, and only when all is written. */
const failures = [
  ["writeSync", "ENOSPC", "the disk is full"],
  ["writeSync", "EDQUOT", "the disk quota is used up"],
  ["fsyncSync", "ENOSPC", "the disk is full"],
  ["fsyncSync", "EIO", "EIO"],
];

/** Has a call of the system fail for files larger than a lock, after it has written some of them. */
function failing(places, call, code) {
  const path = join(places.folder, `${call}-${code}.cjs`);
  writeFileSync(
    path,
    `const fs = require("node:fs");
    const call = fs.${call};
    let written = 0;
    fs.${call} = (file, bytes = [], begin = 0, length = bytes.length) => {
      if (${call === "fsyncSync"} || bytes.length > 100 && (written += length) > 2000)
        throw Object.assign(new Error("${code}: failed"), { code: "${code}" });
      return call(file, bytes, begin, Math.min(length, 1000));
    };`,
  );
  return { env: { ...process.env, NODE_OPTIONS: `--require=${path}` } };
}

const programs = {
  pyrunner: ["-c", "x = 1", "import os; x = os.urandom(100_000); print('ran')", "print(x)"],
  jsrunner: [
    "-e",
    "var x = 1",
    "x = Array.from({ length: 20_000 }, Math.random); console.log('ran')",
    "console.log(x)",
  ],
};

for (const [command, [option, set, grow, show]] of Object.entries(programs)) {
  test(`${command} --session says that it could not save, exits with 1, and leaves file and directory as they were`, async () => {
    const places = makePlaces();
    const file = join(places.mount, "s");
    assert.equal((await runBriefly(command, ["--session", file, option, set])).code, 0);
    const before = readFileSync(file);
    const assertKept = ({ code, stdout, stderr }, reason) => {
      assert.deepEqual(
        [code, stdout, stderr],
        [1, "ran\n", `${command}: cannot write ${file}: ${reason}; nothing has changed\n`],
      );
      assert.deepEqual(readFileSync(file), before);
      assert.deepEqual(readdirSync(places.mount), ["s"]);
    };
    const args = ["--session", file, option, grow];
    assertKept(await finish(limited(command, args)), "it would be larger than a file may be");
    for (const [call, code, reason] of failures) {
      assertKept(await runBriefly(command, args, failing(places, call, code)), reason);
    }
    assert.equal((await runBriefly(command, ["--session", file, option, show])).stdout, "1\n");
  });
}

test("a program's own exit code stands, and its value is printed, though its session could not be saved", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  const exits = await finish(limited("pyrunner", ["--session", file, "-c", "raise SystemExit(3)"]));
  assert.equal(exits.code, 3);
  assert.match(exits.stderr, /^pyrunner: cannot write .*\n$/);
  const prints = await finish(limited("jsrunner", ["--session", file, "-p", "6 * 7"]));
  assert.deepEqual([prints.code, prints.stdout], [1, "42\n"]);
  assert.match(prints.stderr, /^jsrunner: cannot write .*\n$/);
  assert.deepEqual(readdirSync(places.mount), []);
});

test("the operation snapshot answers with one line, leaves nothing behind, and the session goes on", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  const input = [
    { id: 1, code: "x = 5" },
    { id: 2, op: "snapshot", path: file },
    { id: 3, code: "x" },
  ].map((request) => JSON.stringify(request));
  const { code, stdout } = await finish(limited("pyrunner", ["--jsonl"]), { input: input.join("\n") });
  assert.equal(code, 0);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .slice(1),
    [
      { id: 2, error: `cannot write ${file}: it would be larger than a file may be; nothing has changed` },
      { id: 3, output: "5\n", result: "5" },
    ],
  );
  assert.equal(existsSync(file), false);
  assert.deepEqual(readdirSync(places.mount), []);
});
