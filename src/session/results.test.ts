import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Language } from "../engine/runtime.js";
import { createPool, createSession } from "../node/sessions.js";
import type { Session } from "./session.js";
import { said } from "./test-results.js";

const isTold = process.platform === "linux";

const dialects = {
  python: {
    both: "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
    error: "import sys\nprint('b', file=sys.stderr)",
    halves: "import os\nos.write(1, b'\\xc3')\nos.write(2, b'!')\nos.write(1, b'\\xa4')\npass",
    sleep: "import time\ntime.sleep(0.05)",
    fill: "kept = bytearray(20_000_000)",
    exit: "import os\nos._exit(3)",
  },
  javascript: {
    both: "console.log('a'); console.error('b'); console.log('c')",
    error: "console.error('b')",
    halves: undefined,
    sleep: "await new Promise((resolve) => setTimeout(resolve, 50))",
    fill: "var kept = new Uint8Array(20_000_000)",
    exit: undefined,
  },
} as const satisfies Record<Language, unknown>;

for (const language of ["python", "javascript"] as const) {
  const dialect = dialects[language];
  describe(`a result of ${language}`, () => {
    let session: Session;
    before(async () => {
      session = await createSession(language);
    });
    after(() => session.close());

    test("has output in the order written, and each stream by itself", async () => {
      const { output, stdout, stderr } = await session.run(dialect.both);
      assert.deepEqual({ output, stdout, stderr }, { output: "a\nb\nc\n", stdout: "a\nc\n", stderr: "b\n" });
      const one = await session.run(dialect.error);
      assert.deepEqual([one.output, one.stdout, one.stderr], ["b\n", undefined, "b\n"]);
      const none = await session.run("");
      assert.ok(!("output" in none || "stdout" in none || "stderr" in none));
    });

    test("puts characters together that are written in parts, in each stream", {
      skip: dialect.halves === undefined,
    }, async () => {
      const { output, stdout, stderr } = await session.run(dialect.halves ?? "");
      assert.deepEqual({ output, stdout, stderr }, { output: "\ufffd!\ufffd", stdout: "ä", stderr: "!" });
    });

    test("names the cell in its error as the run says", async () => {
      const { error } = await session.run("\nmissing", { filename: "<cell 70>" });
      assert.match(error ?? "", language === "python" ? /File "<cell 70>", line 2/ : /<cell 70>:2:1/);
    });

    test("has its output besides onOutput, and not if it is not to be kept", async () => {
      const pieces: string[] = [];
      const onOutput = (stream: string, text: string) => pieces.push(`${stream} ${text}`);
      const kept = await session.run(dialect.both, { onOutput });
      assert.deepEqual([kept.output, kept.stdout, kept.stderr], ["a\nb\nc\n", "a\nc\n", "b\n"]);
      const first = pieces.splice(0);
      const dropped = await session.run(dialect.both, { onOutput, keepOutput: false });
      assert.ok(!("output" in dropped || "stdout" in dropped || "stderr" in dropped));
      assert.deepEqual(pieces, first);
    });

    test("tells how long the run took by the clock, and how much of that it computed", async () => {
      const { durationMs, cpuMs } = await session.run(dialect.sleep);
      assert.ok(durationMs >= 49, `${durationMs}`);
      assert.equal(typeof cpuMs, isTold ? "number" : "undefined");
      if (cpuMs !== undefined) assert.ok(cpuMs >= 0 && cpuMs < durationMs, `${cpuMs} of ${durationMs}`);
    });

    test("tells the length of the interpreter's memory", async () => {
      const before = await session.run("");
      const { memoryBytes = 0 } = await session.run(dialect.fill);
      assert.ok(memoryBytes >= (before.memoryBytes ?? 0));
      assert.ok(memoryBytes >= 20_000_000, `${memoryBytes}`);
      assert.equal((await session.stats()).memoryBytes, memoryBytes);
    });

    test("has nothing else to say of a cell that says nothing", async () => {
      assert.deepEqual(said(await session.run("")), {});
    });

    test("of a run that was called off before it began says that it took no time", async () => {
      const result = await session.run("", { signal: AbortSignal.abort() });
      assert.deepEqual([result.stopped, result.durationMs], ["interrupt", 0]);
      assert.ok(!("cpuMs" in result || "memoryBytes" in result));
    });

    test("of a run that has lost its interpreter tells what was written and measured till then", {
      skip: dialect.exit === undefined,
    }, async () => {
      const lost = await session.run(`${dialects.python.both}\nsys.stdout.flush()\n${dialects.python.exit}`);
      assert.deepEqual([lost.stdout, lost.stderr, lost.exitCode], ["a\nc\n", "b\n", 3]);
      assert.ok(lost.durationMs > 0);
      assert.ok(!("memoryBytes" in lost));
    });

    test("is the same in a pool", async () => {
      const pool = await createPool(language);
      const { stdout, stderr, durationMs } = await pool.run(dialect.both);
      assert.deepEqual([stdout, stderr], ["a\nc\n", "b\n"]);
      assert.ok(durationMs > 0);
      await pool.close();
    });
  });
}
