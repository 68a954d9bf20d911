/** What every interpreter's sessions promise, held against each of them. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Language } from "../engine/runtime.js";
import { createSession } from "../node/sessions.js";
import type { CellResult, SessionOptions } from "./options.js";
import type { Session } from "./session.js";
import { said } from "./test-results.js";
import { type StockBuild, stockBuildSkip, unpackStockBuild } from "./test-stock-build.js";

interface Dialect {
  readonly print: (expression: string) => string;
  readonly printError: (expression: string) => string;
  readonly set: (name: string, value: string) => string;
  readonly raise: (message: string) => string;
  readonly readAll: string;
  readonly readLine: string;
  readonly missingName: string;
  readonly recursion: string;
  readonly recursionError: string;
  readonly fillMemory: string;
  readonly freeMemory: string;
  readonly memoryError: string;
  readonly endlessOutput: string;
  readonly refusedOutput: string;
  readonly exit: string;
  readonly random: string;
  readonly seconds: string;
  readonly environment: string;
  readonly workingDirectory: string;
  readonly longLine: (characters: number) => string;
  readonly loneSurrogate: string;
  readonly syntaxError: string;
}

const dialects: Readonly<Record<Language, Dialect>> = {
  python: {
    print: (expression) => `print(${expression})`,
    printError: (expression) => `import sys; print(${expression}, file=sys.stderr)`,
    set: (name, value) => `${name} = ${value}`,
    raise: (message) => `raise ValueError(${message})`,
    readAll: "import sys; print(repr(sys.stdin.read()))",
    readLine: "line = input()",
    missingName: "NameError",
    recursion: "def f(): return f()\nf()",
    recursionError: "RecursionError",
    fillMemory: "full = []\nwhile True: full.append('x' * 10000 + str(len(full)))",
    freeMemory: "del full",
    memoryError: "MemoryError",
    endlessOutput: "while True: print('y' * 100)",
    refusedOutput: "OSError",
    exit: "import sys; sys.exit(3)",
    random:
      "import random, uuid, os, tempfile; print(random.random(), uuid.uuid4(), os.urandom(8).hex(), next(tempfile._get_candidate_names()))",
    seconds: "import time; print(time.time())",
    environment: "import os, json; print(json.dumps(dict(os.environ)))",
    workingDirectory: "import os; print(os.getcwd())",
    longLine: (characters) => `len("${"é".repeat(characters / 2)}")`,
    loneSurrogate: "'\\ud800'",
    syntaxError: "x = = 1",
  },
  javascript: {
    print: (expression) => `console.log(${expression})`,
    printError: (expression) => `console.error(${expression})`,
    set: (name, value) => `${name} = ${value}`,
    raise: (message) => `throw new TypeError(${message})`,
    readAll: "console.log(JSON.stringify(process.stdin.read() ?? ''))",
    readLine: "line = prompt()",
    missingName: "ReferenceError",
    recursion: "function f() { return f(); } f()",
    recursionError: "RangeError",
    fillMemory: "full = []; for (;;) full.push('x'.repeat(10000) + full.length)",
    freeMemory: "full = undefined",
    memoryError: "InternalError",
    endlessOutput: "for (;;) console.log('y'.repeat(100))",
    refusedOutput: "Error",
    exit: "process.exit(3)",
    random: "console.log(Math.random(), Math.random())",
    seconds: "console.log(Date.now() / 1000)",
    environment: "console.log(JSON.stringify(process.env))",
    workingDirectory: "console.log(process.cwd())",
    longLine: (characters) => `"${"é".repeat(characters / 2)}".length`,
    loneSurrogate: "'\\ud800'",
    syntaxError: "x = = 1",
  },
};

interface Interpreter {
  readonly name: string;
  readonly language: Language;
  readonly skip: string | false;
  /** A CPython build other than the bundled one. */
  readonly unpack?: () => Promise<StockBuild>;
}

const interpreters: readonly Interpreter[] = [
  { name: "python", language: "python", skip: false },
  { name: "javascript", language: "javascript", skip: false },
  { name: "stock python", language: "python", skip: stockBuildSkip, unpack: unpackStockBuild },
];

for (const { name, language, skip, unpack } of interpreters) {
  const dialect = dialects[language];

  let build: StockBuild | undefined;
  const create = (options: SessionOptions = {}) =>
    createSession(language, {
      ...options,
      ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
    });
  before(async () => {
    if (skip === false) build = await unpack?.();
  });
  after(() => build?.remove());

  describe(`a ${name} session`, { skip }, () => {
    let session: Session;
    before(async () => {
      session = await create();
    });
    after(() => session.close());
    const run = (code: string, stdin?: string): Promise<CellResult> =>
      session.run(code, stdin === undefined ? {} : { stdin });

    test("says nothing about a cell that says nothing", async () => {
      assert.deepEqual(said(await run("")), {});
      assert.deepEqual(said(await run("\n\n")), {});
    });

    test("keeps what cells define, and runs cells in the order in which they were given", async () => {
      await run(dialect.set("count", "0"));
      const runs = Array.from({ length: 50 }, () => run(dialect.set("count", "count + 1")));
      await Promise.all(runs);
      assert.equal((await run("count")).result, "50");
    });

    test("reports an error with its type, message and output before it, and keeps what was defined by then", async () => {
      const code = `${dialect.set("kept", "7")}\n${dialect.print("'before'")}\n${dialect.raise("'no luck'")}`;
      const { output, error, exception, result } = await run(code);
      assert.equal(output, "before\n");
      assert.match(error ?? "", /(ValueError|TypeError): no luck/);
      assert.match(error ?? "", /<cell \d+>/);
      assert.match(exception?.type ?? "", /^(ValueError|TypeError)$/);
      assert.equal(exception?.message, "no luck");
      assert.equal(result, undefined);
      assert.equal((await run("kept")).result, "7");
    });

    test("reports what cannot be compiled and what is not defined, and goes on", async () => {
      assert.equal((await run(dialect.syntaxError)).exception?.type, "SyntaxError");
      assert.equal((await run("never_defined")).exception?.type, dialect.missingName);
      assert.equal((await run("1 + 1")).result, "2");
    });

    test("shows none of its own driver in an error", async () => {
      const { error } = await run(`${dialect.raise("'mine'")}`);
      assert.doesNotMatch(error ?? "", /driver|runpy|run_cell/);
    });

    test("keeps the order of what is written to the two streams", async () => {
      const lines = [
        dialect.print("1"),
        dialect.printError("2"),
        dialect.print("3"),
        dialect.printError("4"),
      ];
      assert.equal((await run(lines.join("\n"))).output, "1\n2\n3\n4\n");
    });

    test("gives a cell its own standard input, and nothing that an earlier one left over", async () => {
      assert.match(
        (await run(dialect.readAll, "whole\n😀 text")).output ?? "",
        /^['"]whole\\n😀 text['"]\n$/,
      );
      await run(dialect.readLine, "first\nleft over\n");
      assert.match((await run("line")).result ?? "", /^'first'$/);
      assert.match((await run(dialect.readAll)).output ?? "", /^(''|"")\n$/);
      assert.match((await run(dialect.readAll, "new")).output ?? "", /^['"]new['"]\n$/);
    });

    test("carries Unicode of every plane and NUL through code, output and errors", async () => {
      const text = "é€😀\u{10ffff}";
      const { output, exception } = await run(
        `${dialect.print(`"${text}\\0"`)}\n${dialect.raise(`"${text}\\0"`)}`,
      );
      assert.equal(output, `${text}\0\n`);
      assert.equal(exception?.message, `${text}\0`);
    });

    test("survives lone surrogates in code, values, output and errors", async () => {
      assert.match((await run(dialect.loneSurrogate)).result ?? "", /^'\\ud800'$/i);
      await run(dialect.print(dialect.loneSurrogate));
      assert.match((await run(dialect.raise(dialect.loneSurrogate))).error ?? "", /(Value|Type)Error/);
      await run(`"\ud800"`);
      await run('"a\0b"');
      assert.equal((await run("1 + 1")).result, "2");
    });

    test("takes a line of code of five megabytes", async () => {
      assert.equal((await run(dialect.longLine(5_000_000))).result, "2500000");
    });

    test("answers endless recursion with an ordinary error and goes on", async () => {
      assert.equal((await run(dialect.recursion)).exception?.type, dialect.recursionError);
      assert.equal((await run("1 + 1")).result, "2");
    });

    test("knows the time", async () => {
      const earlier = Date.now() / 1000;
      const seconds = Number((await run(dialect.seconds)).output);
      assert.ok(seconds >= earlier - 0.01 && seconds <= Date.now() / 1000 + 0.01, `${seconds}`);
    });

    test("sees no environment but its own", async () => {
      assert.deepEqual(JSON.parse((await run(dialect.environment)).output ?? ""), { HOME: "/home/user" });
    });

    test("tells the exit code that a cell asks for, and goes on", async () => {
      assert.equal((await run(dialect.exit)).exitCode, 3);
      assert.equal((await run("1 + 1")).result, "2");
    });

    test("runs 12,000 cells without growing", { timeout: 60_000 }, async () => {
      const batch = async (cells: number) => {
        for (let done = 0; done < cells; done += 500) {
          await Promise.all(
            Array.from({ length: 500 }, (_, index) => run(dialect.set("steady", `"${done + index}" + "é"`))),
          );
        }
        // The caller's own heap takes room as it likes, up to a bound that it sets itself.
        const { rss, heapTotal } = process.memoryUsage();
        return rss - heapTotal;
      };
      const early = await batch(4000);
      const late = await batch(8000);
      const grownMb = (late - early) / 2 ** 20;
      assert.ok(grownMb < 64, `the process grew by ${grownMb.toFixed(1)} MB over 8,000 cells`);
    });
  });

  test(`a ${name} session refuses work once it is closed`, { skip }, async () => {
    const session = await create();
    await session.close();
    await assert.rejects(session.run("1"), { code: "SESSION_CLOSED" });
    await session.close();
  });

  test(`two ${name} sessions know nothing of each other and differ in all that is random`, {
    skip,
  }, async () => {
    const sessions = await Promise.all([create(), create()]);
    try {
      const [one, other] = sessions as [Session, Session];
      const values = await Promise.all([one.run(dialect.random), other.run(dialect.random)]);
      const [first, second] = values.map(({ output }) => output?.trim().split(" ") ?? []);
      assert.ok(first !== undefined && second !== undefined && first.length > 1);
      assert.equal(new Set([...first, ...second]).size, first.length * 2, `${first} / ${second}`);
      await one.run(dialect.set("mine", "1"));
      assert.equal((await other.run("mine")).exception?.type, dialect.missingName);
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  });

  test(`a ${name} session has the environment and arguments it was given`, { skip }, async () => {
    const session = await create({
      env: { GREETING: "grüß 😀", EMPTY: "" },
      args: ["me", "a b"],
    });
    try {
      const { output } = await session.run(dialect.environment);
      assert.deepEqual(JSON.parse(output ?? ""), { HOME: "/home/user", GREETING: "grüß 😀", EMPTY: "" });
    } finally {
      await session.close();
    }
  });

  test(`a ${name} session begins in the directory it was given, if there is one`, { skip }, async () => {
    const session = await create({ cwd: "/tmp" });
    try {
      assert.equal((await session.run(dialect.workingDirectory)).output, "/tmp\n");
    } finally {
      await session.close();
    }
    await assert.rejects(create({ cwd: "/no/such" }), {
      code: "START_FAILED",
      message: 'the session cannot start: its working directory "/no/such" does not exist',
    });
    await assert.rejects(create({ cwd: "tmp" }), { code: "INVALID_OPTION" });
  });

  test(`a ${name} session ends a cell's output at its limit, and the next cell has none of it`, {
    skip,
  }, async () => {
    const session = await create({ maxOutputBytes: 1000 });
    try {
      const { output, exception } = await session.run(dialect.endlessOutput);
      assert.equal(output?.length, 1000);
      assert.equal(exception?.type, dialect.refusedOutput);
      const large = await session.run(
        dialect.print(language === "python" ? "'x' * 5000" : "'x'.repeat(5000)"),
      );
      assert.equal(large.output, "x".repeat(1000));
      assert.equal((await session.run(dialect.print("1"))).output, "1\n");
    } finally {
      await session.close();
    }
  });

  test(`a ${name} session answers used-up memory with an ordinary error and can free it`, {
    skip,
  }, async () => {
    const session = await create({ memoryBytes: 96 * 2 ** 20 });
    try {
      await session.run(dialect.set("kept", "7"));
      for (let bombs = 0; bombs < 2; bombs++) {
        const { exception, stopped, state } = await session.run(dialect.fillMemory);
        assert.deepEqual([exception?.type, stopped], [dialect.memoryError, "memory"]);
        // What QuickJS has left may be too little for another cell.
        assert.ok(state === "kept" || (state === "rolled_back" && language === "javascript"), state);
        assert.equal((await session.run(dialect.freeMemory)).error, undefined);
      }
      assert.equal((await session.run("kept")).result, "7");
    } finally {
      await session.close();
    }
  });
}
