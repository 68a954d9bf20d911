/**
 * Work that is written once and done in one go, or step by step where something else must not wait for it: a generator
 * that yields between its steps, each of a millisecond or so at most.
 */
export type Steps<Result> = Generator<void, Result>;

/** Does all of it at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** So long the event loop is kept at a time, in milliseconds. */
const longestMs = 5;

/** Does it bit by bit: the caller's event loop goes on. */
export async function finishSlowly<Result>(steps: Steps<Result>): Promise<Result> {
  for (let start = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - start < longestMs) continue;
    await new Promise((resolve) => setTimeout(resolve));
    start = performance.now();
  }
}
