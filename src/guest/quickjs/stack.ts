/** What V8 takes for its stack on Node's main thread. */
export const mainThreadStackBytes = 984 * 1024;

/**
 * How much of its own stack the engine may use, so that it always reports an overflow before V8's stack, which it
 * cannot see, is full. Calls of compiled C need up to fourteen times as much of V8's stack as of the engine's: the
 * parser on nested parentheses is the worst, `JSON.stringify` next, and plain calls of JavaScript functions need
 * only 1.6 times as much (Node 20, baseline code, which has the larger frames). On the main thread that leaves 61
 * KiB, or calls of plain functions about 240 deep; a worker with `stackSizeMb: 16` has all of the engine's stack
 * and gets some 3,800 deep.
 *
 * One path of the engine has no check at all: tens of thousands of iterator helpers on top of each other
 * (`it = it.map(f)` in a loop). They overflow V8's stack on any thread, and the guest crashes.
 */
export function engineStackBytes(stackBytes: number): number {
  return Math.min(Math.floor(stackBytes / v8BytesPerEngineByte), engineStackLimit);
}

const v8BytesPerEngineByte = 16;
/** Of the engine's 1 MiB, the rest is for what runs below its checks. */
const engineStackLimit = 960 * 1024;
