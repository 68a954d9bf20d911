// Limits hold whatever the code catches, and a result says which one was met.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Language } from "../engine/runtime.js";
import { createSession } from "../node/sessions.js";
import type { CellResult, SessionOptions } from "./options.js";
import { type StockBuild, stockBuildSkip, unpackStockBuild } from "./test-stock-build.js";

const mebibyte = 2 ** 20;

interface Dialect {
  readonly set: string;
  readonly fill: string;
  /** Catches the error again and again, and keeps all that it got. */
  readonly insist: string;
  /** Catches the error, lets go of everything, and comes to its end. */
  readonly survive: string;
  readonly hoard: string;
  readonly free: string;
  readonly flood: string;
  readonly insistOnOutput: string;
  readonly loop: string;
  readonly sleep: string;
  readonly memoryError: string;
}

const dialects: Readonly<Record<Language, Dialect>> = {
  python: {
    set: "kept = 5",
    fill: "a = []\nwhile True: a.append(bytearray(1 << 20))",
    insist: "a = []\nwhile True:\n  try: a.append(bytearray(1 << 16))\n  except MemoryError: pass",
    survive:
      "def f():\n  a = []\n  try:\n    while True: a.append(bytearray(1 << 20))\n  except MemoryError: pass\nf()\nlast = 7",
    hoard:
      "hoard = []\nfor n in (10 ** 6, 10 ** 4, 100, 1):\n  try:\n    while True: hoard.append(bytearray(n))\n  except MemoryError: pass",
    free: "hoard = None",
    flood: "while True: print('x' * 100)",
    insistOnOutput: "while True:\n  try: print('x' * 100)\n  except OSError: pass",
    loop: "while True: pass",
    sleep: "import time; time.sleep(0.6)",
    memoryError: "MemoryError",
  },
  javascript: {
    set: "var kept = 5",
    fill: "const a = []; for (;;) a.push(new Uint8Array(1 << 20))",
    insist: "var a = []; for (;;) try { a.push(new Uint8Array(1 << 16)) } catch {}",
    survive:
      "(() => { const a = []; try { for (;;) a.push(new Uint8Array(1 << 20)) } catch {} })(); var last = 7",
    hoard: "var hoard; try { for (;;) hoard = [hoard] } catch {} try { for (;;) hoard = { hoard } } catch {}",
    free: "hoard = null",
    flood: "for (;;) console.log('x'.repeat(100))",
    insistOnOutput: "for (;;) try { console.log('x'.repeat(100)) } catch {}",
    loop: "for (;;);",
    sleep: "await new Promise((resolve) => setTimeout(resolve, 600))",
    memoryError: "InternalError",
  },
};

interface Interpreter {
  readonly name: string;
  readonly language: Language;
  readonly skip: string | false;
  readonly unpack?: () => Promise<StockBuild>;
}
const interpreters: readonly Interpreter[] = [
  { name: "python", language: "python", skip: false },
  { name: "javascript", language: "javascript", skip: false },
  { name: "stock python", language: "python", skip: stockBuildSkip, unpack: unpackStockBuild },
];

for (const { name, language, skip, unpack } of interpreters) {
  describe(`limits of ${name}`, { skip }, () => {
    const dialect = dialects[language];
    const isStock = unpack !== undefined;
    let build: StockBuild | undefined;
    before(async () => {
      build = await unpack?.();
    });
    after(() => build?.remove());

    /** Runs a cell in a session that keeps a variable, and sees to it that it is there afterwards. */
    async function runIn(options: SessionOptions, code: string): Promise<CellResult> {
      const session = await createSession(language, {
        memoryBytes: 64 * mebibyte,
        maxOutputBytes: 5000,
        ...options,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      try {
        await session.run(dialect.set);
        // What it goes back to, if need be.
        await session.snapshot();
        const result = await session.run(code);
        assert.equal((await session.run("kept")).result, "5");
        return result;
      } finally {
        await session.close();
      }
    }

    /** A stock build cannot be interrupted while it computes, so it goes back. */
    const afterInsisting = isStock ? "rolled_back" : "kept";

    test("a run that uses up its memory is stopped, has its language's error, and keeps its state", async () => {
      const { stopped, state, exception, error = "" } = await runIn({}, dialect.fill);
      assert.deepEqual([stopped, state, exception?.type], ["memory", "kept", dialect.memoryError]);
      assert.match(error, /\nThe run was stopped: its memory limit of 64 MiB is used up\.$/);
    });

    test("a run that catches the error of its memory is stopped all the same", async () => {
      const { stopped, state } = await runIn({}, dialect.insist);
      assert.deepEqual([stopped, state], ["memory", afterInsisting]);
    });

    test("a run that catches it and comes to its end says that it has met its limit", async () => {
      const session = await createSession(language, {
        memoryBytes: 64 * mebibyte,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      const { stopped, state, error } = await session.run(dialect.survive);
      assert.deepEqual([stopped, state], ["memory", "kept"]);
      assert.match(error ?? "", /its memory limit of 64 MiB is used up/);
      await session.close();
    });

    test("a session whose run keeps all that it could get can be used afterwards", async () => {
      const session = await createSession(language, {
        memoryBytes: 64 * mebibyte,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      await session.run(dialect.set);
      await session.snapshot();
      for (let turn = 0; turn < 3; turn++) {
        const { stopped } = await session.run(dialect.hoard);
        assert.equal(stopped, "memory");
        const freed = await session.run(dialect.free);
        assert.deepEqual([freed.error, freed.stopped], [undefined, undefined]);
        assert.equal((await session.run("kept")).result, "5");
      }
      await session.close();
    });

    test("a run that writes too much is stopped, and has what it may write", async () => {
      const { stopped, state, output, error = "" } = await runIn({}, dialect.flood);
      assert.deepEqual([stopped, state, output?.length], ["output", "kept", 5000]);
      assert.match(error, /\nThe run was stopped: its output limit of 5000 bytes is reached\.$/);
    });

    test("a run that catches the error of its output is stopped all the same", async () => {
      const { stopped, state, output } = await runIn({}, dialect.insistOnOutput);
      assert.deepEqual([stopped, state], ["output", afterInsisting]);
      if (!isStock) assert.equal(output?.length, 5000);
    });

    test("the limit is the same for output that is streamed", async () => {
      const session = await createSession(language, {
        maxOutputBytes: 5000,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      let length = 0;
      const { stopped, output } = await session.run(dialect.flood, {
        onOutput: (_stream, text) => {
          length += text.length;
        },
      });
      assert.deepEqual([stopped, length, output?.length], ["output", 5000, 5000]);
      await session.close();
    });

    test("with onLimit raise, the code has the error and nothing else happens", async () => {
      const filled = await runIn({ onLimit: "raise" }, dialect.fill);
      assert.deepEqual([filled.stopped, filled.state], [undefined, undefined]);
      assert.equal(filled.exception?.type, dialect.memoryError);
      const survived = await runIn({ onLimit: "raise" }, dialect.survive);
      assert.deepEqual([survived.stopped, survived.error], [undefined, undefined]);
      const flooded = await runIn({ onLimit: "raise" }, dialect.flood);
      assert.deepEqual([flooded.stopped, flooded.output?.length], [undefined, 5000]);
      assert.notEqual(flooded.error, undefined);
    });

    test("a fork has its session's limits", async () => {
      const session = await createSession(language, {
        maxOutputBytes: 100,
        onLimit: "raise",
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      const [same, other] = [await session.fork(), await session.fork({ onLimit: "stop" })];
      assert.equal((await same.run(dialect.flood)).stopped, undefined);
      assert.equal((await other.run(dialect.flood)).stopped, "output");
      await Promise.all([session, same, other].map((each) => each.close()));
    });

    describe("of processor time", { skip: process.platform === "linux" ? false : "Linux tells it" }, () => {
      test("a run that computes for too long is stopped", async () => {
        const { stopped, state, cpuMs = 0, error = "" } = await runIn({ cpuTimeoutMs: 200 }, dialect.loop);
        assert.deepEqual([stopped, state], ["cpu", afterInsisting]);
        assert.ok(cpuMs >= 200, `${cpuMs}`);
        assert.match(
          error,
          isStock ? /more processor time than its limit/ : /its processor time limit of 0.2 s/,
        );
      });

      test("a run that sleeps takes none of it", async () => {
        const { stopped, durationMs } = await runIn({ cpuTimeoutMs: 500 }, dialect.sleep);
        assert.equal(stopped, undefined);
        assert.ok(durationMs > 599, `${durationMs}`);
      });

      test("a run can have a limit of its own, and each run has its own time", async () => {
        const session = await createSession("javascript", { cpuTimeoutMs: 60_000 });
        for (let turn = 0; turn < 3; turn++) {
          assert.equal((await session.run("for (;;);", { cpuTimeoutMs: 50 })).stopped, "cpu");
        }
        assert.equal((await session.run("1")).result, "1");
        await session.close();
      });
    });
  });
}

test("where the system does not tell processor time, a limit of it is refused", async () => {
  const { createEngine } = await import("../engine/engine.js");
  const { nodePlatform } = await import("../node/platform.js");
  const { openSession } = await import("./open-session.js");
  const engine = createEngine({ ...nodePlatform, tellsCpuTime: () => false });
  const refused = { code: "INVALID_OPTION", message: /does not tell the processor time/ };
  await assert.rejects(openSession(engine, "javascript", { cpuTimeoutMs: 5 }), refused);
  const session = await openSession(engine, "javascript", {});
  await assert.rejects(session.run("1", { cpuTimeoutMs: 5 }), refused);
  await session.close();
});
