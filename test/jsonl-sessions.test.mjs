// The operations of the JSON lines protocol: several sessions, interrupts, snapshots, forks, streams.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { start } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-jsonl-"));
const children = new Set();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const dialects = {
  pyrunner: {
    set: (value) => `x = ${value}`,
    get: "x",
    forget: /NameError/,
    loop: "print('on', flush=True)\nwhile True: pass",
    two: "print('a', flush=True)\nimport sys\nprint('b', file=sys.stderr)",
    stuck: "x = 9; import os; os._exit(1)",
  },
  jsrunner: {
    set: (value) => `var x = ${value}`,
    get: "x",
    forget: /ReferenceError/,
    loop: "console.log('on'); for (;;);",
    two: "console.log('a'); console.error('b')",
  },
};

/** A server whose lines are awaited by what they say, since they come in any order. */
function serve(command, args = []) {
  const child = start(command, ["--jsonl", ...args]);
  children.add(child);
  child.stderr.pipe(process.stderr);
  const lines = [];
  const waiting = new Set();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    for (const line of parts) lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const find = (matches) =>
    new Promise((resolve) => {
      const look = () => {
        const line = lines.find(matches);
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
    });
  return {
    lines,
    post: (request) => child.stdin.write(`${JSON.stringify(request)}\n`),
    answer: (id) => find((line) => line.id === id && line.event === undefined),
    event: (id) => find((line) => line.id === id && line.event !== undefined),
    ask(request) {
      this.post(request);
      return this.answer(request.id);
    },
    async end() {
      child.stdin.end();
      const code = await new Promise((resolve) => child.on("close", resolve));
      assert.equal(code, 0);
    },
  };
}

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`${command} --jsonl`, () => {
    test("sessions have their own state, and one that loops delays no other", async () => {
      const server = serve(command);
      await server.ask({ id: 1, session: "a", code: dialect.set(1) });
      await server.ask({ id: 2, session: "b", code: dialect.set(2) });
      server.post({ id: "loop", session: "a", code: dialect.loop, stream: true });
      await server.event("loop");
      assert.equal((await server.ask({ id: 3, session: "b", code: dialect.get })).result, "2");
      assert.match((await server.ask({ id: 4, code: dialect.get })).error, dialect.forget);
      assert.deepEqual((await server.ask({ id: 5, op: "sessions" })).sessions.sort(), ["a", "b", "default"]);
      server.post({ id: "waits", session: "a", code: dialect.set(7) });
      assert.deepEqual(await server.ask({ id: 6, op: "interrupt", target: "waits" }), { id: 6 });
      assert.deepEqual(await server.ask({ id: 7, op: "interrupt", target: "loop" }), { id: 7 });
      const stopped = await server.answer("loop");
      assert.equal(stopped.stopped, "interrupt");
      assert.equal(stopped.state, "kept");
      assert.equal((await server.answer("waits")).stopped, "interrupt");
      assert.equal((await server.ask({ id: 8, session: "a", code: dialect.get })).result, "1");
      assert.match((await server.ask({ id: 9, op: "interrupt", target: "loop" })).error, /"loop"/);
      await server.end();
    });

    test("a time limit of a request, or of all of them, ends a cell and keeps its session", async () => {
      const server = serve(command, ["--timeout", "400ms"]);
      await server.ask({ id: 1, code: dialect.set(1) });
      for (const request of [
        { id: 2, code: dialect.loop, timeout_ms: 150 },
        { id: 3, code: dialect.loop },
      ]) {
        const { stopped, state } = await server.ask(request);
        assert.deepEqual({ stopped, state }, { stopped: "timeout", state: "kept" });
      }
      assert.equal((await server.ask({ id: 4, code: dialect.get })).result, "1");
      await server.end();
    });

    test("streams output before the answer, which then has none", async () => {
      const server = serve(command);
      const answer = await server.ask({ id: "s", code: dialect.two, stream: true });
      assert.deepEqual(answer, { id: "s" });
      const events = server.lines.slice(0, -1);
      assert.deepEqual(
        events.map(({ id, event, stream, text }) => [id, event, stream, text]),
        [
          ["s", "output", "stdout", "a\n"],
          ["s", "output", "stderr", "b\n"],
        ],
      );
      await server.end();
    });

    test("any number of sessions is served by a few interpreters, and each is asked what it takes", async () => {
      const server = serve(command, ["--max-live", "2", "--hibernate-after", "20ms"]);
      const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
      for (const [index, session] of names.entries()) {
        server.post({ id: `set ${session}`, session, code: dialect.set(index) });
        server.post({ id: `get ${session}`, session, code: dialect.get });
      }
      for (const [index, session] of names.entries()) {
        assert.equal((await server.answer(`get ${session}`)).result, String(index));
      }
      assert.equal((await server.ask({ id: 1, op: "sessions" })).sessions.length, 21);
      let stats;
      for (let count = 0; stats?.state !== "hibernated"; count++) {
        ({ stats } = await server.ask({ id: `stats ${count}`, op: "stats", session: "s7" }));
      }
      const { memory_bytes, file_bytes, files, state_bytes, runs, run_ms } = stats;
      assert.equal(runs, 2);
      for (const count of [memory_bytes, file_bytes, files, state_bytes, run_ms]) assert.ok(count >= 0);
      assert.ok(state_bytes < 100_000 && memory_bytes > state_bytes);
      assert.equal((await server.ask({ id: 2, session: "s7", code: dialect.get })).result, "7");
      assert.deepEqual(await server.ask({ id: 3, op: "stats", session: "none" }), {
        id: 3,
        error: 'there is no session "none"',
      });
      await server.end();
    });

    test("resets, snapshots, restores, forks and closes sessions, in the order asked", async () => {
      const server = serve(command);
      const path = join(folder, `${command}.snapshot`);
      const requests = [
        { code: dialect.set(1) },
        { op: "fork", to: "copy" },
        { session: "copy", code: "x = x + 1" },
        { op: "snapshot", path },
        { op: "reset" },
        { op: "restore", path, session: "other" },
        { op: "fork", to: "copy" },
        { op: "close", session: "copy" },
        { op: "close", session: "copy" },
        { op: "restore", path: join(folder, "none") },
      ].map((request, id) => ({ id, ...request }));
      for (const request of requests) {
        server.post(request);
        // Another session's lane would not wait for the file.
        if (request.op === "snapshot") await server.answer(request.id);
      }
      const answers = await Promise.all(requests.map(({ id }) => server.answer(id)));
      assert.match(answers[6].error, /"copy" already/);
      assert.match(answers[8].error, /no session "copy"/);
      assert.match(answers[9].error, /^cannot read .*none: there is no such file$/);
      for (const id of [0, 1, 3, 4, 5, 7])
        assert.deepEqual(
          Object.keys(answers[id]).filter((key) => key === "error"),
          [],
        );
      assert.match((await server.ask({ id: "d", code: dialect.get })).error, dialect.forget);
      assert.equal((await server.ask({ id: "o", session: "other", code: dialect.get })).result, "1");
      writeFileSync(path, "nothing");
      const refused = await server.ask({ id: "r", op: "restore", path, session: "other" });
      assert.match(refused.error, /no snapshot/);
      assert.equal((await server.ask({ id: "p", session: "other", code: dialect.get })).result, "1");
      await server.end();
    });
  });
}

test("a cell that ends its interpreter is answered with the runs that are lost", async () => {
  const server = serve("pyrunner");
  await server.ask({ id: "a", code: "x = 1" });
  const answer = await server.ask({ id: "b", code: dialects.pyrunner.stuck });
  assert.equal(answer.state, "rolled_back");
  assert.equal(answer.lost_runs.at(-1), "b");
  await server.end();
});
