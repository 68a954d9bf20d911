/** What V8 uses of the main thread's stack unless a flag says otherwise, in bytes. */
export const defaultStackBytes = 984 * 1024;

/**
 * How much of its own stack the engine may use, so that it always reports an overflow before V8's stack, which it
 * cannot see, is full. Calls of compiled C need up to fourteen times as much of V8's stack as of the engine's on Node
 * 20, and more than sixteen times on Node 24: the parser on nested parentheses is the worst, `JSON.stringify` next,
 * and plain calls of JavaScript functions need only 1.6 times as much (baseline code, which has the larger frames).
 * Plain functions then call each other some 1,100 deep where the main thread has a stack of 6,400 KiB, and some
 * 4,000 deep on a session's thread. On the main thread's default stack it is less than 200, too little to be used.
 *
 * One path of the engine has no check of its own: iterator helpers on top of each other. See `leanQuickJs`.
 *
 * @param ratio So many bytes of V8's stack there must be for each of the engine's. Default: what compiled C needs; it is
 *   less for a module that charges for what V8 takes, see `wasm/charge-stack.ts`.
 */
export function engineStackBytes(stackBytes: number, ratio = v8BytesPerEngineByte): number {
  return Math.min(Math.floor(stackBytes / ratio), engineStackLimit);
}

const v8BytesPerEngineByte = 24;
/** Of the engine's 1 MiB, the rest is for what runs below its checks. */
const engineStackLimit = 960 * 1024;
