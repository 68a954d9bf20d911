// A process that is killed at any moment, or whose disk is full, loses no state that an answer has promised.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSessions } from "wasm-repl";
import { finish } from "../commands.mjs";
import { isTidy, makeDirectory } from "./named-states.mjs";
import { seededRandom } from "./random.mjs";

/** How often the process is killed; a thorough run sets 200. */
const kills = Number(process.env.WASM_REPL_TEST_KILLS ?? 5);
const random = seededRandom(Number(process.env.WASM_REPL_TEST_SEED ?? 1));
const child = fileURLToPath(new URL("kept-states-child.mjs", import.meta.url));
const names = ["a", "b", "c", "d"];

for (const [language, show] of [
  ["javascript", "globalThis.count ?? 0"],
  ["python", "globals().get('count', 0)"],
]) {
  test(`${language}: killed ${kills} times in the middle of its work, a process loses no count that it has told`, async () => {
    const directory = makeDirectory();
    const told = new Map(names.map((name) => [name, 0]));
    for (let kill = 0; kill < kills; kill++) {
      const killed = spawn(process.execPath, [child, language, directory, ...names], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let left = random(30);
      const lines = createInterface(killed.stdout);
      const ended = new Promise((resolve) => killed.once("close", resolve));
      for await (const line of lines) {
        const [name, count] = line.split(" ");
        if (count !== undefined) told.set(name, Number(count));
        if (left-- === 0) killed.kill("SIGKILL");
      }
      await ended;
      const sessions = await createSessions(language, { directory, maxLive: 2 });
      for (const name of names) {
        const count = Number((await sessions.run(name, show)).result);
        // One more may have been kept and not told.
        assert.ok(
          [told.get(name), told.get(name) + 1].includes(count),
          `${name}: ${count} of ${told.get(name)}`,
        );
      }
      await sessions.close();
      assert.ok(isTidy(directory), readdirSync(directory).join());
    }
  });
}

const full = `
  const { createSessions } = require("wasm-repl");
  const [directory, durable] = process.argv.slice(1);
  (async () => {
    const sessions = await createSessions("python", { directory, durable: durable === "true", maxLive: 1 });
    const told = [];
    const tell = (promise) => promise.then((value) => told.push(value?.result ?? "done"), ({ code }) => told.push(code));
    await tell(sessions.run("a", "len(x)"));
    await tell(sessions.run("a", "import os; y = os.urandom(2_000_000); len(y)"));
    await tell(sessions.run("b", "6 * 7"));
    await tell(sessions.run("a", "len(y) + 1"));
    await tell(sessions.run("b", "6 * 8"));
    await tell(sessions.close());
    console.log(told.join());
  })();`;

for (const [durable, told] of [
  [false, "3,2000000,42,2000001,48,STATE_NOT_KEPT"],
  [true, "3,STATE_NOT_KEPT,42,STATE_NOT_KEPT,48,STATE_NOT_KEPT"],
]) {
  test(`on a disk that takes no more, sessions go on in memory, and the last kept states stay (durable: ${durable})`, async () => {
    const directory = makeDirectory();
    const sessions = await createSessions("python", { directory });
    await sessions.run("a", "x = [1, 2, 3]");
    await sessions.close();
    // As a user's shell would limit it: no file may have more than 1 MiB. The system itself refuses to write more.
    const command = [process.execPath, "-e", full, directory, String(durable)];
    const limited = spawn("sh", ["-c", 'ulimit -f 2048; exec "$@"', "sh", ...command]);
    const { stdout, stderr } = await finish(limited);
    assert.deepEqual([stdout, stderr], [`${told}\n`, ""]);
    const again = await createSessions("python", { directory });
    assert.equal((await again.run("a", "x")).result, "[1, 2, 3]");
    await again.close();
    assert.ok(isTidy(directory), readdirSync(directory).join());
  });
}

test("a disk that is full only when all is written is no different, and is told by its name", async () => {
  const directory = makeDirectory();
  const file = await open(join(directory, "file"), "w");
  const prototype = Object.getPrototypeOf(file);
  await file.close();
  const { sync } = prototype;
  const sessions = await createSessions("javascript", { directory, durable: true });
  await sessions.run("a", "var x = 1");
  prototype.sync = async () => {
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  };
  try {
    const refused = { code: "STATE_NOT_KEPT", message: /session-a: the disk is full/ };
    await assert.rejects(sessions.run("a", "x = 42"), refused);
    await assert.rejects(sessions.close(), { code: "STATE_NOT_KEPT" });
  } finally {
    prototype.sync = sync;
  }
  await sessions.close();
  const again = await createSessions("javascript", { directory });
  assert.equal((await again.run("a", "x")).result, "42");
  await again.close();
});
