import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createPool, createSession, createSessions, runtimeId } from "../node/sessions.js";
import { compactSnapshots } from "../node/snapshots.js";
import type { Session } from "./session.js";

// biome-ignore lint/suspicious/noExplicitAny: what is tried is what the types refuse
type Wrong = any;

/** What is wrong, and what is said of it. */
const sessionFaults: ReadonlyArray<readonly [Wrong, string | RegExp]> = [
  [5, "must be an object, not 5"],
  [null, "must be an object, not null"],
  [[], "must be an object, not an array"],
  [{ timeout: 5 }, 'has no option "timeout"; did you mean timeoutMs?'],
  [{ timeout_ms: 5 }, 'has no option "timeout_ms"; did you mean timeoutMs?'],
  [{ memory: 5 }, 'has no option "memory"; did you mean memoryBytes?'],
  [{ frobnicate: 5 }, /has no option "frobnicate"$/],
  [Object.create({ timeout: 5 }), 'has no option "timeout"'],
  [{ ["x".repeat(1e6)]: 5 }, /^.{1,300}$/],
  [{ "a\nb": 5 }, /^.*"a\\nb"$/],
  [{ timeoutMs: "5" }, 'timeoutMs must be a number greater than 0, not "5"'],
  [{ timeoutMs: 0 }, "timeoutMs must be a number greater than 0, not 0"],
  [{ timeoutMs: Number.NaN }, "timeoutMs must be"],
  [{ timeoutMs: null }, "timeoutMs must be a number greater than 0, not null"],
  [{ timeoutMs: 5n }, "not a BigInt"],
  [{ cpuTimeoutMs: -1 }, "cpuTimeoutMs must be"],
  [{ memoryBytes: 2 ** 32 + 1 }, "memoryBytes must be a whole number from 1 to 4294967296 (4 GiB"],
  [{ memoryBytes: 1.5 }, "memoryBytes must be"],
  [{ maxOutputBytes: 0 }, "maxOutputBytes must be a positive whole number, not 0"],
  [{ maxFileBytes: Number.POSITIVE_INFINITY }, "maxFileBytes must be"],
  [{ maxFiles: "many" }, "maxFiles must be"],
  [{ onLimit: "ignore" }, 'onLimit must be "stop" or "raise", not "ignore"'],
  [{ checkpoints: "no" }, "checkpoints must be true or false"],
  [{ trace: 1 }, "trace must be true or false"],
  [{ env: ["A=1"] }, "env must be an object of strings, not an array"],
  [{ env: { A: 1 } }, "env.A must be a string without NUL characters, not 1"],
  [{ env: { A: "\0" } }, "env.A must be"],
  [{ env: { "A=B": "" } }, 'env has a variable "A=B"'],
  [{ args: "a" }, "args must be an array of strings"],
  [{ args: ["a\0"] }, "args must be"],
  [{ cwd: "tmp" }, "cwd must be an absolute guest path"],
  [{ cwd: 5 }, "cwd must be an absolute guest path"],
  [{ runtimeDirectory: 5 }, "runtimeDirectory must be a string"],
  [{ mounts: { hostPath: "/", guestPath: "/a" } }, "mounts must be an array of mounts, not an object"],
  [{ mounts: ["/:/a"] }, 'mounts[0] must be an object, not "/:/a"'],
  [{ mounts: [{ host: "/", guest: "/a" }] }, 'mounts[0] has no member "host"; did you mean hostPath?'],
  [{ mounts: [{ hostPath: "/" }] }, "mounts[0] has no guestPath"],
  [{ mounts: [{ hostPath: 5, guestPath: "/a" }] }, "mounts[0].hostPath must be a string"],
  [
    { mounts: [{ hostPath: "/", guestPath: "/a", mode: "rx" }] },
    'mounts[0].mode must be one of "ro", "rw", "overlay", not "rx"',
  ],
  [{ deterministic: { seed: 1, start: 0 } }, 'deterministic has no member "start"; did you mean startTime?'],
  [{ deterministic: { seed: true } }, "deterministic.seed must be"],
  [{ deterministic: 5 }, "deterministic must be an object, not 5"],
];

const runFaults: ReadonlyArray<readonly [Wrong, string | RegExp]> = [
  [{ timeout: 5 }, 'run has no option "timeout"; did you mean timeoutMs?'],
  [{ onoutput: () => {} }, "did you mean onOutput?"],
  [{ onOutput: "print" }, "onOutput must be a function"],
  [{ onInput: "text" }, "onInput must be a function"],
  [{ stdin: 5 }, "stdin must be a string, not 5"],
  [{ stdin: "", onInput: async () => undefined }, "stdin and onInput do not go together"],
  [{ timeoutMs: "5" }, "timeoutMs must be"],
  [{ signal: 5 }, "signal must be an AbortSignal, not 5"],
  [{ signal: null }, "signal must be an AbortSignal, not null"],
  [{ id: {} }, "id must be a string or a number"],
  [{ snapshot: false }, "snapshot must be an object, not false"],
  [{ snapshot: { from: 5 } }, 'snapshot has no member "from"'],
  [{ interactive: { filname: "" } }, "did you mean filename?"],
  [{ keepOutput: 0 }, "keepOutput must be true or false"],
];

function refuses(action: () => Promise<unknown>, said: string | RegExp): Promise<void> {
  return assert.rejects(action, (error: Wrong) => {
    assert.equal(error.code, "INVALID_OPTION", String(error));
    if (typeof said === "string") assert.ok(error.message.includes(said), error.message);
    else assert.match(error.message, said);
    return true;
  });
}

test("createSession, fork, createPool and createSessions refuse what is no option of theirs, and what it cannot be", async () => {
  const session = await createSession("javascript");
  for (const [options, said] of sessionFaults) {
    await refuses(() => createSession("javascript", options), said);
    await refuses(() => session.fork(options), said);
    await refuses(() => createPool("javascript", options), said);
    await refuses(() => createSessions("javascript", options), said);
  }
  assert.equal((await session.run("1")).result, "1");
  await session.close();
});

test("each has options of its own, and those of the others are refused", async () => {
  await refuses(
    () => createSession("javascript", { size: 2 } as Wrong),
    'createSession has no option "size"',
  );
  await refuses(() => createPool("javascript", { size: 0 }), "size must be a whole number of 1 or more");
  await refuses(
    () => createPool("javascript", { maxLive: 1 } as Wrong),
    'createPool has no option "maxLive"',
  );
  await refuses(() => createSessions("javascript", { maxlive: 1 } as Wrong), "did you mean maxLive?");
  await refuses(() => createSessions("javascript", { directory: 5 } as Wrong), "directory must be a string");
  await refuses(
    () => createSessions("javascript", { optionsFor: {} } as Wrong),
    "optionsFor must be a function",
  );
  await refuses(() => runtimeId("python", { directory: "." } as Wrong), "did you mean runtimeDirectory?");
  await refuses(() => compactSnapshots([], { memory: 1 } as Wrong), "did you mean memoryBytes?");
  await refuses(() => createSession("ruby" as Wrong), "language must be");
});

test("an option that is undefined is not given", async () => {
  const none = { timeoutMs: undefined, mounts: undefined } as Wrong;
  const session = await createSession("javascript", none);
  assert.equal((await session.run("1", { stdin: undefined, onOutput: undefined } as Wrong)).result, "1");
  await session.close();
});

describe("run", () => {
  let session: Session;
  before(async () => {
    session = await createSession("javascript");
  });
  after(() => session.close());

  test("refuses what is no option of its own before it runs anything", async () => {
    await session.run("var count = 0");
    for (const [options, said] of runFaults) await refuses(() => session.run("count++", options), said);
    await refuses(() => session.run(5 as Wrong), "the code must be a string, not 5");
    await refuses(() => session.snapshot({ sinse: new Uint8Array(0) } as Wrong), "did you mean since?");
    assert.equal((await session.run("count")).result, "0");
  });

  test("is the same in a pool and in sessions by name", async () => {
    const pool = await createPool("javascript");
    const sessions = await createSessions("javascript", {
      optionsFor: (name) => (name === "wrong" ? ({ timeout: 5 } as Wrong) : {}),
    });
    for (const [options, said] of runFaults) {
      await refuses(() => pool.run("1", options), said);
      await refuses(() => sessions.run("a", "1", options), said);
    }
    await refuses(() => sessions.run("wrong", "1"), 'optionsFor has no option "timeout"');
    assert.equal((await sessions.run("a", "1")).result, "1");
    await pool.close();
    await sessions.close();
  });
});
