// A reader that does not read costs a bounded amount of memory, and nothing that was written is lost to it.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { createSession } from "../../dist/index.js";
import { finish, run, start } from "../commands.mjs";
import { dialects, serve, until, watch } from "./jsonl-processes.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-slow-"));
after(() => rmSync(folder, { recursive: true }));
const megabyte = 1_000_000;
const mebibyte = 2 ** 20;

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`${command} --jsonl`, () => {
    for (const [stream, requests] of [
      [false, 60],
      [true, 20],
    ]) {
      const what = stream ? "streamed output" : "answers";
      test(`${what} of ${requests} times 4 MB that nobody reads are not piled up, and come whole and in order`, async (t) => {
        const server = serve(t, command);
        const ids = Array.from({ length: requests }, (_, id) => id);
        for (const id of ids) server.send({ id, code: dialect.print(4 * megabyte), stream });
        await server.rest();
        const mostBytes = 300 * megabyte;
        assert.ok(server.peakBytes() < mostBytes, `${Math.round(server.peakBytes() / megabyte)} MB`);
        server.read();
        assert.deepEqual(await server.end(), { code: 0, signal: null, stderr: "" });
        const answers = server.lines.filter(({ event }) => event === undefined);
        assert.deepEqual(
          answers.map(({ id, error }) => [id, error]),
          ids.map((id) => [id, undefined]),
        );
        const lengths = ids.map(() => 0);
        for (const { id, output, text } of server.lines) lengths[id] += (output ?? text ?? "").length;
        assert.deepEqual(
          lengths,
          ids.map(() => 4 * megabyte + 1),
        );
      });
    }

    test("a time limit reaches a run that waits for its reader, and keeps the state", async (t) => {
      const server = serve(t, command);
      server.send({ id: 1, code: dialect.set(5) });
      server.send({ id: 2, code: dialect.printForEver, stream: true, timeout_ms: 300 });
      server.send({ id: 3, code: dialect.get });
      await server.rest();
      server.read();
      await server.end();
      const { stopped, state } = server.lines.find(({ id, event }) => id === 2 && event === undefined);
      assert.deepEqual({ stopped, state }, { stopped: "timeout", state: "kept" });
      assert.equal(server.lines.find(({ id }) => id === 3).result, "5");
    });
  });
}

test("an interrupt reaches a run that waits for its reader, and one that waits to begin", async (t) => {
  const server = serve(t, "pyrunner", ["--mount", `${folder}:/out:rw`]);
  const code = [
    "open('/out/writes', 'w').close()",
    "try:",
    "    while True: print('x' * 1000)",
    "except KeyboardInterrupt:",
    "    open('/out/stopped', 'w').close()",
    "    raise",
  ].join("\n");
  server.send({ id: "writes", code, stream: true });
  server.send({ id: "waits", session: "other", code: "open('/out/begun', 'w').close()" });
  await until("the run writes", () => existsSync(join(folder, "writes")));
  await server.rest();
  server.send({ id: 1, op: "interrupt", target: "writes" });
  server.send({ id: 2, op: "interrupt", target: "waits" });
  await until("the run is stopped while nobody reads", () => existsSync(join(folder, "stopped")));
  server.read();
  assert.equal((await server.answer("writes")).stopped, "interrupt");
  assert.match((await server.answer("waits")).error ?? "", /^$|interrupted before it began/);
  assert.equal((await server.end()).code, 0);
});

test("requests that wait are bounded in bytes, and each of those beyond is answered with an error", async (t) => {
  const server = serve(t, "pyrunner");
  const code = `import time; time.sleep(0)#${"x".repeat(8 * megabyte)}`;
  server.send({ id: 0, code: dialects.pyrunner.print(8 * megabyte) });
  for (let id = 1; id < 24; id++) server.send({ id, code });
  await server.rest();
  const mostBytes = 480 * megabyte;
  assert.ok(server.peakBytes() < mostBytes, `${Math.round(server.peakBytes() / megabyte)} MB`);
  server.read();
  assert.equal((await server.end()).code, 0);
  const refused = server.lines.filter(({ error }) => error?.startsWith("Too many requests"));
  assert.ok(refused.length > 10, `${refused.length} were refused`);
  const taken = server.lines.filter((line) => !refused.includes(line)).map(({ id }) => id);
  assert.deepEqual(
    taken,
    taken.map((_, index) => index),
  );
  assert.equal(taken.length + refused.length, 24);
});

test("a program with --session waits for its reader, and all that it wrote arrives", async (t) => {
  const child = start("pyrunner", [
    "--session",
    join(folder, "program"),
    "-c",
    "for n in range(300): print('x' * 999_999)",
  ]);
  t.after(() => child.kill("SIGKILL"));
  const watched = watch(child);
  await watched.rest();
  assert.ok(watched.peakBytes() < 250 * megabyte, `${Math.round(watched.peakBytes() / megabyte)} MB`);
  let bytes = 0;
  child.stdout.on("data", (chunk) => {
    bytes += chunk.length;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual({ code, bytes }, { code: 0, bytes: 300 * megabyte });
});

test("a value that is printed arrives whole, however slow its reader is", async (t) => {
  const child = start("jsrunner", ["-p", "'x'.repeat(3_000_000)"]);
  t.after(() => child.kill("SIGKILL"));
  await watch(child).rest();
  assert.equal((await finish(child)).stdout.length, 3_000_001);
});

test("a program with --session whose reader goes away ends quietly with 141, and its session is kept", async () => {
  const file = join(folder, "closed");
  const child = start("pyrunner", ["--session", file, "-c", "x = 5\nwhile True: print('x' * 1000)"]);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual({ code, stderr }, { code: 141, stderr: "" });
  assert.equal((await run("pyrunner", ["--session", file, "-c", "print(x)"])).stdout, "5\n");
});

describe("onOutput", () => {
  const never = () => new Promise(() => {});
  let session;
  test("a cell that is ahead of its reader waits, and what it wrote is read in full before its run ends", async () => {
    session = await createSession("python");
    const pieces = [];
    let isOver = false;
    const run = session.run("for n in range(10): print('x' * 999_999)", {
      onOutput: (_stream, text) => new Promise((resolve) => pieces.push({ text, resolve })),
    });
    void run.then(() => {
      isOver = true;
    });
    let length = 0;
    let most = 0;
    while (length < 10 * megabyte) {
      await until("a piece comes", () => pieces.length > 0);
      // What is there is all there will be: the cell waits.
      await new Promise((resolve) => setTimeout(resolve, 20));
      most = Math.max(
        most,
        pieces.reduce((sum, { text }) => sum + text.length, 0),
      );
      assert.equal(isOver, false);
      const { text, resolve } = pieces.shift();
      length += text.length;
      resolve();
    }
    assert.equal((await run).output.length, 10 * megabyte);
    assert.ok(most <= 2 * mebibyte, `${most} bytes were not read`);
  });

  test("a reader that never comes back holds up neither a time limit nor an interrupt nor the next run", async () => {
    await session.run("x = 5");
    const loop = "while True: print('x' * 1000)";
    const late = await session.run(loop, { onOutput: never, timeoutMs: 200 });
    assert.deepEqual([late.stopped, late.state], ["timeout", "kept"]);
    const stop = new AbortController();
    let length = 0;
    const { stopped, state } = await session.run(loop, {
      signal: stop.signal,
      onOutput: (_stream, text) => {
        length += text.length;
        if (length > mebibyte) stop.abort();
        return never();
      },
    });
    assert.deepEqual([stopped, state], ["interrupt", "kept"]);
    // A run that is over, but for its reader.
    assert.equal((await session.run("print(1)", { onOutput: never, timeoutMs: 200 })).error, undefined);
    assert.equal((await session.run("x")).result, "5");
  });

  test("what a reader acknowledges after its run is no credit for the next one", async () => {
    const acknowledge = [];
    await session.run("while True: print('x' * 1000)", {
      timeoutMs: 200,
      onOutput: () => new Promise((resolve) => acknowledge.push(resolve)),
    });
    let length = 0;
    await session.run("while True: print('x' * 1000)", {
      timeoutMs: 400,
      onOutput: (_stream, text) => {
        length += text.length;
        for (const resolve of acknowledge.splice(0)) resolve();
        return never();
      },
    });
    assert.ok(length < 3 * mebibyte, `${length} bytes were not read`);
  });

  test("code that does not stop when told cannot fill the memory of a reader that is behind", async () => {
    const greedy = await createSession("python", { maxOutputBytes: 2 ** 40 });
    let length = 0;
    const code =
      "import os\nwhile True:\n  try:\n    while True: os.write(1, b'x' * 1_000_000)\n  except BaseException: pass";
    await greedy.run(code, {
      timeoutMs: 200,
      onOutput: (_stream, text) => {
        length += text.length;
        return never();
      },
    });
    assert.ok(length <= 18 * mebibyte, `${length} bytes were not read`);
    await greedy.close();
  });

  test("a promise that is rejected ends the run with that error, and one that is late is nobody's", async () => {
    const broken = new Error("broken");
    const loop = "while True: print('x' * 1000)";
    await assert.rejects(session.run(loop, { onOutput: async () => Promise.reject(broken) }), broken);
    let reject;
    await session.run(loop, {
      timeoutMs: 200,
      onOutput: () =>
        new Promise((_resolve, no) => {
          reject = no;
        }),
    });
    reject(broken);
    assert.equal((await session.run("x")).result, "5");
    await session.close();
  });
});
