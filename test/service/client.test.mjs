// The client, against the service itself: in this process, and in one that is killed.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectSocket, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSession } from "wasm-repl";
import { connect, ServiceError } from "wasm-repl/client";
import { run } from "../commands.mjs";
import { startServing } from "./processes.mjs";
import { startService, temporaryDirectory } from "./service.mjs";

const folder = temporaryDirectory();
let service;
let client;
before(async () => {
  service = await startService();
  client = connect({ url: service.address });
});
after(async () => {
  client.close();
  await service.end();
  rmSync(folder, { recursive: true, force: true });
});

const codeOf = (promise) =>
  promise.then(
    () => "done",
    (error) => (error instanceof ServiceError ? error.code : error),
  );

test("a cell's result is what the library gives, and its output comes as it is written", async () => {
  const session = await client.createSession("results", "python");
  const seen = [];
  const code =
    "import sys\nprint('a', flush=True)\nprint('b', file=sys.stderr)\nopen('f', 'w').write('x')\n[1, b'\\x00\\xff']";
  const ours = await session.run(code, {
    value: true,
    cellId: "c1",
    onOutput: (...piece) => seen.push(piece),
  });
  const local = await createSession("python");
  const theirs = await local.run(code, { value: true });
  await local.close();
  const { cellId, attempts, durationMs, cpuMs, memoryBytes, ...rest } = ours;
  assert.deepEqual([cellId, attempts], ["c1", 1]);
  assert.ok(durationMs > 0 && memoryBytes > 0 && (cpuMs === undefined || cpuMs >= 0));
  const { durationMs: _, cpuMs: __, memoryBytes: ___, ...expected } = theirs;
  assert.deepEqual(
    { ...rest, value: [1, new Uint8Array([0, 255])] },
    { ...expected, value: [1, new Uint8Array([0, 255])] },
  );
  assert.deepEqual([...rest.value[1]], [...expected.value[1]]);
  assert.deepEqual(seen, [
    ["stdout", "a\n"],
    ["stderr", "b\n"],
  ]);
  const failed = await session.run("1/0");
  assert.deepEqual(failed.exception, { type: "ZeroDivisionError", message: "division by zero" });
  assert.equal((await session.run("n = 1", { cellId: "once" })).attempts, 1);
  assert.deepEqual((await session.run("n = 1", { cellId: "once" })).error, undefined);
  assert.equal(await codeOf(session.run("n = 2", { cellId: "once" })), "CELL_CONFLICT");
});

test("cells are stopped by interrupt and by a signal, and so is one that waits for its turn", async () => {
  const session = await client.createSession("stops", "python");
  const begun = Promise.withResolvers?.() ?? withResolvers();
  const first = session.run("print('on', flush=True)\nwhile True: pass", {
    cellId: "first",
    onOutput: () => begun.resolve(),
  });
  const controller = new AbortController();
  const second = session.run("2", { signal: controller.signal });
  await begun.promise;
  controller.abort();
  await session.interrupt("first");
  assert.equal((await first).stopped, "interrupt");
  // It has its turn now, and runs nothing.
  assert.equal((await second).stopped, "interrupt");
  const again = withResolvers();
  const third = session.run("print('on', flush=True)\nwhile True: pass", { onOutput: () => again.resolve() });
  await again.promise;
  await session.interrupt();
  assert.equal((await third).stopped, "interrupt");
  // Nothing runs: nothing happens.
  await session.interrupt();
  await session.interrupt("none");
  assert.deepEqual(await session.run("3", { signal: AbortSignal.abort(), cellId: "x" }), {
    cellId: "x",
    attempts: 0,
    stopped: "interrupt",
    durationMs: 0,
  });
  assert.equal((await session.run("3")).result, "3");
});

function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

test("what a reader of output throws stops the cell, and is what the run rejects with", async () => {
  const session = await client.createSession("readers", "python");
  const fault = new Error("enough");
  const run = session.run("print('on', flush=True)\nwhile True: pass", {
    onOutput: () => {
      throw fault;
    },
  });
  await assert.rejects(run, fault);
  assert.equal((await session.run("4")).result, "4");
});

test("files are written, read, listed and removed, by paths of any kind", async () => {
  const session = await client.createSession("files", "python");
  const { files } = session;
  for (const path of ["a/b ü%2F?#.txt", "/tmp/../tmp/./x", "..//etc-like"]) {
    await files.write(path, `in ${path}`, { parents: true });
    assert.equal(await files.readText(path), `in ${path}`);
  }
  assert.equal((await session.run("open('a/b ü%2F?#.txt').read()")).result, "'in a/b ü%2F?#.txt'");
  assert.equal((await files.stat("/tmp/x")).bytes, "in /tmp/../tmp/./x".length);
  assert.deepEqual(
    (await files.list()).map(({ name, type }) => [name, type]),
    [["a", "directory"]],
  );
  assert.ok((await files.list("..")).some(({ name }) => name === "user"));
  await files.makeDirectory("d/e", { parents: true });
  await files.remove("d", { recursive: true });
  const missing = await files.read("d").catch((error) => error);
  assert.deepEqual([missing.code, missing.errno, missing.status], ["NOT_FOUND", "ENOENT", 404]);
  assert.equal(await codeOf(files.write("a", "x")), "FILE_FAILED");
  assert.equal(await codeOf(files.read("")), "INVALID_OPTION");
  await files.write("/tmp/bytes", new Uint8Array([0, 255]));
  assert.deepEqual([...(await files.read("/tmp/bytes"))], [0, 255]);
});

test("a session is forked, kept as bytes, put back, begun anew, evicted, listed and deleted", async () => {
  const session = await client.createSession("life:1", "python", { timeoutMs: 5000 });
  assert.equal(await session.snapshot(), undefined);
  await session.run("n = 1");
  const fork = await session.fork("life:2");
  await fork.run("n = 2");
  assert.equal((await session.run("n")).result, "1");
  const bytes = await fork.snapshot();
  const local = await createSession("python", { snapshot: bytes });
  assert.equal((await local.run("n")).result, "2");
  await local.close();
  await session.restore(bytes);
  await session.evict();
  assert.equal((await session.run("n")).result, "2");
  await session.reset();
  assert.equal((await session.run("'n' in globals()")).result, "False");
  const keys = [];
  for await (const { key } of client.sessions({ prefix: "life:" })) keys.push(key);
  assert.deepEqual(keys, ["life:1", "life:2"]);
  const info = await session.info();
  assert.deepEqual([info.key, info.language], ["life:1", "python"]);
  assert.ok(info.createdAt <= info.updatedAt && info.stateBytes > 0);
  assert.equal(await codeOf(client.createSession("life:1", "python")), "SESSION_EXISTS");
  assert.equal(await codeOf(session.fork("life:2")), "SESSION_EXISTS");
  await session.delete();
  await session.delete();
  assert.equal(await codeOf(session.run("1")), "NOT_FOUND");
  assert.equal(await codeOf(session.snapshot()), "NOT_FOUND");
  assert.equal(await codeOf(client.openSession("life:1")), "NOT_FOUND");
  assert.equal((await client.openSession("life:2")).language, "python");
});

test("a cell that waits is resumed by its calls, from here or by whoever has an id", async () => {
  const session = await client.createSession("waits", "javascript", { functions: { ask: {} } });
  const code =
    "const r = await Promise.all([ask(new Uint8Array([1])), ask({ $bytes: 2 })]); console.log('on'); r";
  const { suspended } = await session.run(code, { cellId: "w", value: true });
  assert.deepEqual(suspended[1].args.length + Object.keys(suspended[1].kwargs).length, 1);
  assert.equal((await session.info()).suspendedCell, "w");
  assert.equal(await codeOf(session.run("1")), "SUSPENDED");
  const still = await session.resume([{ call: suspended[0].call, value: new Uint8Array([7]) }]);
  assert.deepEqual(
    still.suspended.map(({ call }) => call),
    [suspended[1].call],
  );
  const seen = [];
  const ended = await client.answer(
    suspended[1].call,
    { value: { $bytes: 3 } },
    { onOutput: (_stream, text) => seen.push(text) },
  );
  assert.deepEqual(seen, ["on\n"]);
  assert.deepEqual([...ended.value[0]], [7]);
  assert.deepEqual({ ...ended.value[1] }, { $bytes: 3 });
  const again = await session.resume([{ call: suspended[1].call, value: { $bytes: 3 } }]);
  assert.equal(again.cellId, "w");
  assert.equal(await codeOf(client.answer(suspended[1].call, { value: 4 })), "CALL_ANSWERED");
  assert.equal((await session.follow("w")).cellId, "w");
});

test("options that do not exist are refused, and close gives up what is waited for alone", async () => {
  const session = await client.createSession("closing", "python");
  for (const wrong of [
    () => connect({ url: service.address, tokn: "x" }),
    () => connect({ url: "nowhere" }),
    () => connect({ url: "ftp://x" }),
    () => connect({ url: "http://user:secret@x" }),
    () => connect({ url: service.address, token: "a\nb" }),
    () => connect({ url: service.address, retryMs: -1 }),
  ]) {
    assert.throws(wrong, { name: "ServiceError", code: "INVALID_OPTION" });
  }
  assert.equal(await codeOf(session.run("1", { timeout: 5 })), "INVALID_OPTION");
  assert.equal(await codeOf(session.run("1", { cellId: "a/b" })), "INVALID_OPTION");
  assert.equal(await codeOf(client.createSession("../x", "python")), "INVALID_OPTION");
  assert.equal(await codeOf(client.createSession("x", "python", { mounts: [] })), "INVALID_OPTION");
  const begun = withResolvers();
  const left = session.run("print('on', flush=True)\nwhile True: pass", {
    cellId: "left",
    onOutput: () => begun.resolve(),
  });
  await begun.promise;
  session.close();
  await assert.rejects(left, { code: "SESSION_CLOSED", cellId: "left" });
  assert.equal(await codeOf(session.run("1")), "SESSION_CLOSED");
  const other = await client.openSession("closing");
  const seen = [];
  const followed = other.follow("left", { onOutput: (_stream, text) => seen.push(text) });
  await other.interrupt("left");
  assert.equal((await followed).stopped, "interrupt");
  assert.deepEqual(seen, ["on\n"]);
});

/** Passes bytes on to the service, and can cut all connections. */
async function startCuttingProxy(target) {
  const sockets = new Set();
  let onData = () => true;
  const server = createSocketServer((socket) => {
    const upstream = connectSocket(Number(target.port), target.hostname);
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on("error", () => {});
      each.on("close", () => {
        sockets.delete(each);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream);
    upstream.on("data", (data) => {
      if (onData(data)) socket.write(data);
      else socket.destroy();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** @param whether Whether what the service says is passed on; if not, its connection is cut. */
    watch(whether) {
      onData = whether;
    },
    end() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a run whose connection is cut again and again loses none of its output, and has none twice", async () => {
  const { stdout: line, stderr } = await run("wasm-repl", ["token"]);
  const tokenFile = join(folder, "tokens");
  writeFileSync(tokenFile, line);
  // Without tokens a service answers to its own address alone, which is not the proxy's.
  const guarded = await startService({ tokenFile });
  const proxy = await startCuttingProxy(new URL(guarded.address));
  const cut = connect({ url: proxy.url, token: /wr_\S+/.exec(stderr)[0] });
  const session = await cut.createSession("cut", "python");
  let count = 0;
  // Every third piece of an answer is lost, with its connection.
  proxy.watch(() => ++count % 3 !== 0);
  const seen = [];
  const { result, attempts } = await session.run(
    "import time\nfor i in range(40):\n    print(i, flush=True)\n    time.sleep(0.01)\ni",
    { onOutput: (_stream, text) => seen.push(text) },
  );
  assert.deepEqual([result, attempts], ["39", 1]);
  assert.equal(seen.join(""), Array.from({ length: 40 }, (_, index) => `${index}\n`).join(""));
  assert.ok(count >= 3);
  cut.close();
  await proxy.end();
  await guarded.end();
});

test("a run outlives kill -9 of the service, and takes effect once", async () => {
  const data = join(folder, "killed");
  let running = await startServing(data);
  const { port } = new URL(running.address);
  const patient = connect({ url: running.address, retryMs: 60_000 });
  const session = await patient.createSession("s", "python");
  await session.run("n = 1");
  const begun = withResolvers();
  const seen = [];
  let restarts = 0;
  const run = session.run("n += 1\nprint('on', flush=True)\nimport time\ntime.sleep(0.3)\nprint('off')\nn", {
    onOutput(_stream, text) {
      seen.push(text);
      begun.resolve();
    },
    onRestart() {
      restarts++;
      seen.length = 0;
    },
  });
  await begun.promise;
  await running.kill("SIGKILL");
  running = await startServing(data, "--listen", `127.0.0.1:${port}`);
  const { result, attempts, output } = await run;
  assert.deepEqual(
    [result, attempts, output, seen.join(""), restarts],
    ["2", 2, "on\noff\n", "on\noff\n", 1],
  );
  assert.equal((await session.run("n")).result, "2");
  const lost = withResolvers();
  const once = session.run("print('on', flush=True)\nwhile True: pass", {
    atMostOnce: true,
    cellId: "once",
    onOutput: () => lost.resolve(),
  });
  await lost.promise;
  await running.kill("SIGKILL");
  running = await startServing(data, "--listen", `127.0.0.1:${port}`);
  await assert.rejects(once, { code: "CELL_LOST", cellId: "once" });
  await running.kill("SIGKILL");
  // Nobody listens there now.
  const hasty = connect({ url: running.address, retryMs: 300 });
  await assert.rejects(hasty.openSession("s"), { code: "UNREACHABLE", message: /ECONNREFUSED/ });
  patient.close();
});

test("what a token may not do is said by its code, and the token is nowhere in what is said", async () => {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/problem+json");
    response.statusCode = 401;
    response.end(
      JSON.stringify({
        status: 401,
        code: "UNAUTHENTICATED",
        detail: `not ${request.headers.authorization}\n\u001b[2J`,
      }),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stranger = connect({ url: `http://127.0.0.1:${server.address().port}`, token: "secret" });
  const fault = await stranger.openSession("s").catch((error) => error);
  assert.deepEqual([fault.code, fault.status], ["UNAUTHENTICATED", 401]);
  assert.doesNotMatch(fault.message, /\p{Cc}/u);
  server.close();
});
