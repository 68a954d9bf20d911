// What stands in the place of a session file's lock and was not put there by a session.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { finish, start } from "../commands.mjs";
import { assertRefused, describe, makePlaces, plant, runBriefly } from "./planting.mjs";

const set = ["-e", "var x = 1"];

/** What may stand there, by what is said of it. */
const strangers = {
  "it is a symbolic link, and these are not followed": (path, { outside }) =>
    symlinkSync(join(outside, "keys"), path),
  "it is a directory": (path) => mkdirSync(path),
  "it is a FIFO and not a file": (path) => execFileSync("mkfifo", [path]),
  "it has 65 bytes, and 64 is the most here": (path) => writeFileSync(path, "1".repeat(65)),
};
const forgeries = [
  "x",
  "\n",
  "1",
  "0 0\n",
  "-1 1\n",
  "1 1\n\n",
  "99999999999 1\n",
  "2147483648 \n",
  "1 x\n",
  "01 1\n",
];

for (const name of ["s.lock", "s.lock.takeover"]) {
  for (const [reason, make] of Object.entries(strangers)) {
    if (name.endsWith("takeover") && reason.includes("bytes")) continue;
    test(`${name} is in the way and said to be, and stays: ${reason}`, async () => {
      const places = makePlaces();
      const file = join(places.mount, "s");
      // A lock that is to be taken over, for the guard of that to be met.
      if (name !== "s.lock") writeFileSync(`${file}.lock`, `${await deadProcess()} 1\n`);
      make(join(places.mount, name), places);
      const before = describe(places.mount);
      const line = new RegExp(
        `^jsrunner: cannot lock ${file}: ${name} beside it is in the way \\(${reason}\\): remove it if nothing else needs it`,
      );
      await assertRefused("jsrunner", ["--session", file, ...set], line);
      await assertRefused("jsrunner", ["--session", file, "--jsonl"], line);
      assert.deepEqual(describe(places.mount), before);
      places.assertOutsideUntouched();
      // Who only reads needs no lock.
      const { stderr } = await runBriefly("jsrunner", ["--session", file, "--read-only", ...set]);
      assert.match(stderr, /there is no such file/);
    });
  }
}

test("a lock with a content that cannot be a lock's is in the way and said to be, and stays", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  for (const content of forgeries) {
    writeFileSync(`${file}.lock`, content);
    await assertRefused(
      "jsrunner",
      ["--session", file, ...set],
      /s\.lock beside it is in the way \(it is no lock of a session\)/,
    );
    assert.equal(readFileSync(`${file}.lock`, "latin1"), content);
  }
});

test("a lock that names a process which lives is believed, and the line says which file to remove if it is forged", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  await plant(places, `open("/m/s.lock", "w").write("${process.pid} \\n")`);
  await assertRefused(
    "jsrunner",
    ["--session", file, ...set],
    new RegExp(
      `${file} is in use by the process ${process.pid} according to ${file}\\.lock: wait for it, or remove`,
    ),
  );
});

test("a lock that says nothing is taken over once nobody can be about to write it", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  writeFileSync(`${file}.lock`, "");
  await assertRefused("jsrunner", ["--session", file, ...set], /is in use by a process that begins now/);
  for (const seconds of [-60, 60]) {
    writeFileSync(`${file}.lock`, "");
    const time = Date.now() / 1000 + seconds;
    utimesSync(`${file}.lock`, time, time);
    const { code, stderr } = await runBriefly("jsrunner", ["--session", file, ...set]);
    assert.deepEqual([code, stderr], [0, ""]);
  }
  assert.deepEqual(readdirSync(places.mount), [basename(file)]);
});

test("a takeover that was cut short is finished by the next process", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  writeFileSync(`${file}.lock`, `${await deadProcess()} 1\n`);
  writeFileSync(`${file}.lock.takeover`, `${await deadProcess()} 1\n`);
  await assertRefused("jsrunner", ["--session", file, ...set], /is in use by a process that begins now/);
  utimesSync(`${file}.lock.takeover`, 1, 1);
  const { code, stderr } = await runBriefly("jsrunner", ["--session", file, ...set]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(readdirSync(places.mount), [basename(file)]);
});

test("of processes that find a dead lock at once, one at a time holds it", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  await runBriefly("jsrunner", ["--session", file, "-e", "var x = 0"]);
  const turns = 4;
  let done = 0;
  for (let turn = 0; turn < turns; turn++) {
    writeFileSync(`${file}.lock`, `${await deadProcess()} 1\n`);
    const ended = await Promise.all(
      Array.from({ length: 4 }, () => runBriefly("jsrunner", ["--session", file, "-e", "x++"])),
    );
    for (const { code, stderr } of ended) {
      if (code === 0) done++;
      else assert.match(stderr, /^jsrunner: .* is in use by /);
    }
  }
  assert.ok(done >= turns);
  const { stdout } = await runBriefly("jsrunner", ["--session", file, "-e", "console.log(x)"]);
  assert.equal(Number(stdout), done);
});

async function deadProcess() {
  const child = start("jsrunner", ["--version"]);
  await finish(child);
  return child.pid;
}
