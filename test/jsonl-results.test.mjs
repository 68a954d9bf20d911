// What an answer of JSON lines tells of a run.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serve } from "./attacks/jsonl-processes.mjs";
import { startJsonLines } from "./commands.mjs";

const dialects = {
  pyrunner: {
    both: "import sys\nprint('a')\nprint('b', file=sys.stderr)",
    exit: "import sys; sys.exit(3)",
    loop: "while True: pass",
    flood: "while True: print('x' * 100)",
    fill: "a = []\nwhile True:\n  try: a.append(bytearray(1 << 20))\n  except MemoryError: pass",
  },
  jsrunner: {
    both: "console.log('a'); console.error('b')",
    exit: "process.exit(3)",
    loop: "for (;;);",
    flood: "for (;;) console.log('x'.repeat(100))",
    fill: "var a = []; for (;;) try { a.push(new Uint8Array(1 << 20)) } catch {}",
  },
};
const isLinux = process.platform === "linux";

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`an answer of ${command} --jsonl`, () => {
    let server;
    before(() => {
      server = startJsonLines(command, ["--max-output", "1000", "--max-memory", "64MB"]);
    });
    after(async () => assert.equal(await server.end(), 0));

    test("has each stream by itself, and what was measured, if it is asked for details", async () => {
      assert.deepEqual(await server.send({ id: 1, code: dialect.both }), { id: 1, output: "a\nb\n" });
      const answer = await server.send({ id: 2, code: dialect.both, details: true });
      const { duration_ms: durationMs, cpu_ms: cpuMs, memory_bytes: memoryBytes, ...rest } = answer;
      assert.deepEqual(rest, { id: 2, output: "a\nb\n", stdout: "a\n", stderr: "b\n" });
      assert.ok(durationMs > 0 && memoryBytes > 65_536);
      assert.equal(typeof cpuMs, isLinux ? "number" : "undefined");
    });

    test("has no output if that was streamed, with details neither", async (t) => {
      const streamed = serve(t, command).read();
      streamed.send({ id: 1, code: dialect.both, stream: true, details: true });
      const answer = await streamed.find(({ event }) => event === undefined);
      assert.equal(streamed.lines.length, 3);
      assert.ok(!("output" in answer || "stdout" in answer || "stderr" in answer));
      assert.ok(answer.duration_ms > 0);
      await streamed.end();
    });

    test("tells the exit code that the code asked for", async () => {
      assert.equal((await server.send({ id: 1, code: dialect.exit })).exit_code, 3);
    });

    test("says which limit was met, and the session goes on", async () => {
      const stops = {
        timeout: { code: dialect.loop, timeout_ms: 100 },
        ...(isLinux ? { cpu: { code: dialect.loop, cpu_timeout_ms: 50 } } : {}),
        output: { code: dialect.flood },
        memory: { code: dialect.fill },
      };
      for (const [word, request] of Object.entries(stops)) {
        const { stopped, state, error } = await server.send({ id: word, ...request });
        assert.deepEqual([stopped, state], [word, "kept"], error);
      }
      assert.equal((await server.send({ id: 1, code: "1 + 1" })).result, "2");
    });

    test("to what is no request names what was meant", async () => {
      for (const [request, said] of [
        [{ code: "1", timeout: 5 }, 'there is no field "timeout"; did you mean "timeout_ms"?'],
        [{ code: "1", detail: true }, 'there is no field "detail"; did you mean "details"?'],
        [{ op: "intrupt", target: 1 }, 'there is no op "intrupt"'],
        [{ op: "restor", path: "x" }, 'there is no op "restor"; did you mean "restore"?'],
        [{ code: "1", details: 1 }, '"details" is true or false, not a number'],
        [{ code: "1", cpu_timeout_ms: 0 }, '"cpu_timeout_ms" is a number greater than 0'],
      ]) {
        const { error } = await server.send({ id: 1, ...request });
        assert.ok(error.includes(said), error);
      }
    });
  });
}
