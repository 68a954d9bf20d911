// What the tests of hostile programs share: each program runs in a session of its own with tight limits.
import assert from "node:assert/strict";
import { createSession } from "../../dist/index.js";

const mebibyte = 2 ** 20;
/** As docs/library.md has it: asked first, then without pause, then ended. */
const graceMs = 1000;
/** For a machine that is busy with much else. What does not end at all takes longer. */
const patienceMs = 15_000;

export const tight = {
  timeoutMs: 2000,
  memoryBytes: 128 * mebibyte,
  maxOutputBytes: 100_000,
  maxFiles: 200,
  maxFileBytes: 8 * mebibyte,
};

/**
 * Runs each program: the run ends in time, the process goes on, and so does the session, which then answers `1 + 1`
 * and has what it had before.
 *
 * @param lanes Sessions at one time.
 * @param check Called with the run's result and the program, for what is expected of all of them.
 * @param after Called with the session instead of asking it for that.
 */
export async function runHostile(
  language,
  programs,
  { limits = {}, lanes = 2, check = () => {}, after = answers } = {},
) {
  const waiting = [...programs];
  const lane = async () => {
    for (let code = waiting.shift(); code !== undefined; code = waiting.shift()) {
      const options = { ...tight, ...limits };
      const session = await createSession(language, options);
      try {
        await session.run(language === "python" ? "earlier = 5" : "var earlier = 5");
        // What a session goes back to that has to lose its guest.
        await session.snapshot();
        const began = performance.now();
        const result = await session.run(code);
        const tookMs = performance.now() - began;
        assert.ok(tookMs < options.timeoutMs + graceMs + patienceMs, `${tookMs} ms: ${code}`);
        check(result, code);
        await after(session, code);
      } finally {
        await session.close();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function answers(session, code) {
  for (const [question, answer] of [
    ["1 + 1", "2"],
    ["earlier", "5"],
  ]) {
    const { result, error } = await session.run(question);
    assert.equal(result, answer, `${code}\n${error}`);
  }
}

/** For `check`: the program does not end by itself. */
export function assertStopped({ stopped, state, ...rest }, code) {
  assert.equal(stopped, "timeout", `${code}\n${JSON.stringify(rest).slice(0, 500)}`);
  assert.ok(state === "kept" || state === "rolled_back", `${state}: ${code}`);
}

/** For `check`: the program ends by an error of its own language, and not by its time limit; its memory may be used up. */
export const assertFails =
  (pattern) =>
  ({ exception, stopped }, code) => {
    assert.ok(stopped === undefined || stopped === "memory", `${stopped}: ${code}`);
    assert.match(
      exception === undefined ? "it went through" : `${exception.type}: ${exception.message}`,
      pattern,
      code,
    );
  };
