// A guest that opens files and directories of its mount without end, where the process may have few: what fails is the
// guest's next open, and nothing of the host.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandPath, finish } from "../commands.mjs";
import { makePlaces } from "./planting.mjs";

const isPosix = process.platform !== "win32";
const mostOpen = 200;

/** Runs Node.js in a process that may have few descriptors. */
function runWithFew(words, options) {
  const script = `ulimit -n ${mostOpen} && exec "$0" "$@"`;
  return finish(spawn("/bin/sh", ["-c", script, process.execPath, ...words]), options);
}

function makeMount() {
  const places = makePlaces();
  for (let index = 0; index < 400; index++) {
    mkdirSync(join(places.mount, `d${index}`));
    writeFileSync(join(places.mount, `d${index}/f`), "");
  }
  return places;
}

const floods = {
  files: `open(f"/m/f{n}", "w")`,
  "files below": `open(f"/m/d{n}/f")`,
  directories: `os.open(f"/m/d{n}", os.O_RDONLY | os.O_DIRECTORY)`,
  listings: `listing(n)`,
};
const flood = (open) => `
import os, errno
def listing(n):
    entries = os.scandir(f"/m/d{n}")
    next(entries)
    return entries
held, n = [], 0
try:
    while n < 400:
        held.append(${open})
        n += 1
except OSError as error:
    print(errno.errorcode[error.errno], n > 30)
`;

for (const [what, open] of Object.entries(floods)) {
  test(`a guest that opens ${what} gets EMFILE, and its session is saved`, { skip: !isPosix }, async () => {
    const places = makeMount();
    const session = join(places.folder, "session");
    const words = [commandPath("pyrunner"), "--session", session];
    const first = await runWithFew([...words, ...places.rw, "-c", flood(open)]);
    assert.deepEqual(first, { code: 0, signal: null, stdout: "EMFILE True\n", stderr: "" });
    const second = await runWithFew([...words, "-c", "print(n > 30)"]);
    assert.deepEqual(second, { code: 0, signal: null, stdout: "True\n", stderr: "" });
  });
}

test("a session whose guest holds all that it may is snapshotted, and another opens beside it", {
  skip: !isPosix,
}, async () => {
  const { mount } = makeMount();
  const script = `
    import { createSession } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
    const options = { mounts: [{ hostPath: ${JSON.stringify(mount)}, guestPath: "/m", mode: "rw" }] };
    const session = await createSession("python", options);
    const { output } = await session.run(${JSON.stringify(flood(floods.files))});
    const snapshot = await session.snapshot();
    const restored = await createSession("python", { ...options, snapshot });
    const { result } = await restored.run("n > 30");
    const other = await createSession("javascript");
    console.log(output.trim(), result, (await other.run("6 * 7")).result);
    await Promise.all([session, restored, other].map((one) => one.close()));
  `;
  assert.deepEqual(await runWithFew(["--input-type=module", "-e", script]), {
    code: 0,
    signal: null,
    stdout: "EMFILE True True 42\n",
    stderr: "",
  });
});
