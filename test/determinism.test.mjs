// Deterministic sessions: what depends on time or chance is the same in every process; see docs/determinism.md.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPool, createSession } from "../dist/index.js";
import { run } from "./commands.mjs";
import { javascriptCells, pythonCells } from "./determinism/cells.mjs";
import { skipStock, unpackStockBuild } from "./stock-build.mjs";

const child = fileURLToPath(new URL("./determinism/session.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-determinism-"));
const stockDirectory = join(folder, "build");
before(() => unpackStockBuild(stockDirectory));
after(() => rmSync(folder, { recursive: true }));

const deterministic = { seed: 1, startTime: 1_000_000_000_000 };

/** Runs the cells in a process of its own. */
async function inProcess(language, options, from = "-", to = "-") {
  const args = [child, language, JSON.stringify(options), from, to];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

const subjects = [
  ["python", "python", pythonCells, {}, false],
  ["javascript", "javascript", javascriptCells, {}, false],
  ["stock python", "python", pythonCells.slice(0, -1), { runtimeDirectory: stockDirectory }, skipStock],
];

for (const [name, language, cells, others, skip] of subjects) {
  describe(`deterministic ${name}`, { skip }, () => {
    test("the same cells give the same answers and the same snapshot in two processes, and others with another seed", async () => {
      const options = { ...others, deterministic };
      const [first, second, other] = [
        await inProcess(language, options),
        await inProcess(language, options),
        await inProcess(language, { ...others, deterministic: { ...deterministic, seed: 2 } }),
      ];
      for (const [index, { error }] of first.answers.slice(0, cells.length).entries()) {
        assert.equal(error, undefined, cells[index]);
      }
      assert.deepEqual(second, first);
      assert.notEqual(other.snapshot, first.snapshot);
      assert.notDeepEqual(other.answers, first.answers);
    });

    test("what is restored from a snapshot goes on in the same way in two processes", async () => {
      const [from, to] = [join(folder, `${name}-1`), join(folder, `${name}-2`)];
      await inProcess(language, { ...others, deterministic }, "-", from);
      const first = await inProcess(language, others, from, to);
      assert.deepEqual(await inProcess(language, others, from), first);
      assert.ok(readFileSync(to).length > 0);
    });
  });
}

const dialects = {
  python: {
    all: "import time, random, os; (time.time(), random.random(), os.urandom(4).hex())",
    wall: "import time; time.time()",
    fresh: "import random; random.random()",
    crash: "import os; os.abort()",
  },
  javascript: {
    all: "[Date.now(), performance.now(), Math.random(), crypto.randomUUID()]",
    wall: "Date.now() / 1000",
    fresh: "Math.random()",
  },
};

for (const [language, { all, wall, fresh }] of Object.entries(dialects)) {
  const resultOf = async (session, code) => {
    const { result, error } = await session.run(code);
    assert.equal(error, undefined);
    return result;
  };

  test(`${language}: a session that is reset, and one in a pool or a used thread, begin alike`, async () => {
    const session = await createSession(language, { deterministic });
    const first = await resultOf(session, all);
    assert.notEqual(await resultOf(session, all), first);
    await session.reset();
    assert.equal(await resultOf(session, all), first);
    await session.close();
    const pool = await createPool(language, { deterministic });
    for (let turn = 0; turn < 3; turn++) assert.equal((await pool.run(all)).result, first);
    await pool.close();
  });

  test(`${language}: forks of one moment go on alike, and apart with seeds of their own`, async () => {
    const session = await createSession(language, { deterministic });
    await session.run(all);
    const forks = [
      await session.fork(),
      await session.fork(),
      await session.fork({ deterministic: { seed: 5, startTime: new Date(2_000_000_000_000) } }),
      await session.fork({ deterministic: { seed: 6, startTime: new Date(2_000_000_000_000) } }),
    ];
    const results = [];
    for (const fork of forks) results.push(await resultOf(fork, all));
    assert.equal(results[0], results[1]);
    assert.equal(new Set(results).size, 3);
    assert.match(await resultOf(forks[0], wall), /^1000000000/);
    assert.match(await resultOf(forks[2], wall), /^2000000000/);
    // A fork that begins anew does so as the session did that it is of.
    await forks[0].reset();
    await session.reset();
    assert.equal(await resultOf(forks[0], all), await resultOf(session, all));
    for (const each of [session, ...forks]) await each.close();
  });

  test(`${language}: a hibernated session, and one that is put back to a state, go on from their own time`, async () => {
    const [session, other] = [
      await createSession(language, { deterministic }),
      await createSession(language, { deterministic }),
    ];
    for (const each of [session, other]) await each.run(all);
    await session.hibernate();
    const next = await resultOf(other, all);
    assert.equal(await resultOf(session, all), next);
    const state = await session.capture();
    const after = await resultOf(session, all);
    await session.restore(state);
    assert.equal(await resultOf(session, all), after);
    for (const each of [session, other]) await each.close();
  });

  test(`${language}: a session of the host's time can be made deterministic, and without the option has chance of its own`, async () => {
    const session = await createSession(language);
    const forks = [];
    for (let count = 0; count < 2; count++) forks.push(await session.fork({ deterministic }));
    const results = [];
    for (const fork of forks) results.push(await resultOf(fork, fresh));
    assert.equal(results[0], results[1]);
    const others = [await session.fork(), await createSession(language), session];
    for (const other of others) results.push(await resultOf(other, fresh));
    assert.equal(new Set(results).size, 4);
    for (const each of [...forks, ...others]) await each.close();
  });
}

test("a wrong seed or start time is refused", async () => {
  for (const wrong of [
    1,
    null,
    {},
    { seed: Number.NaN },
    { seed: "x".repeat(1001) },
    { seed: {} },
    { seed: 1, startTime: -1 },
    { seed: 1, startTime: Number.NaN },
    { seed: 1, startTime: new Date(Number.NaN) },
    { seed: 1, startTime: "2020-01-01" },
    { seed: 1, startTime: 1e15 },
  ]) {
    const error = await createSession("javascript", { deterministic: wrong }).catch((reason) => reason);
    assert.equal(error.code, "INVALID_OPTION", JSON.stringify(wrong));
    assert.equal(error.message.split("\n").length, 1);
    assert.ok(error.message.length < 150);
  }
});

test("--seed and --start-time make a program the same each time, and what is no time is refused", async () => {
  const python = "import time, random; print(int(time.time()), random.random()); time.sleep(1e6)";
  const javascript = "console.log(Math.floor(Date.now() / 1000), Math.random()); setTimeout(() => {}, 1e9)";
  for (const [command, option, code] of [
    ["pyrunner", "-c", python],
    ["jsrunner", "-e", javascript],
  ]) {
    const outputs = [];
    for (const time of [
      "1000000000",
      "2001-09-09T01:46:40Z",
      "2001-09-09T01:46:40",
      "2001-09-09T03:46:40+02:00",
    ]) {
      const { stdout, code: exitCode } = await run(command, [
        "--seed",
        "7",
        "--start-time",
        time,
        option,
        code,
      ]);
      assert.equal(exitCode, 0);
      outputs.push(stdout);
    }
    assert.match(outputs[0], /^1000000000 0\.\d+\n$/);
    assert.equal(new Set(outputs).size, 1);
    assert.match((await run(command, ["--seed", "7", option, code])).stdout, /^1577836800 /);
    for (const args of [
      ["--start-time", "0"],
      ["--seed", "1", "--start-time", "yesterday"],
      ["--seed", "1", "--start-time", "2300-01-01"],
      ["--seed", "x".repeat(2000)],
    ]) {
      const { code: exitCode, stderr } = await run(command, [...args, option, code]);
      assert.equal(exitCode, 2);
      assert.match(stderr, /^[^\n]*--s[^\n]*\n$/);
    }
  }
});
