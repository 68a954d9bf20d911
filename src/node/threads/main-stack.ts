import { readFileSync } from "node:fs";
import { defaultStackBytes } from "../../guest/quickjs/stack.js";
import { stackSizeFlag } from "../stack-size-flag.js";

/** What a process needs of its stack besides V8's part: its arguments and environment, and Node's own frames. */
const marginBytes = 1024 * 1024;
/** The main thread's stack on macOS, whatever the shell's limit. */
const macStackBytes = 8 * 1024 * 1024;

/**
 * The larger stack that V8 has on the main thread, in bytes: what the command's first line asks for with
 * `--stack-size`, if the operating system really gives that much; deep recursion would end the process otherwise.
 * Undefined if the stack is no larger than the default one, or may not be.
 */
export function largeMainStackBytes(): number | undefined {
  const wanted = stackSizeFlag()?.bytes ?? 0;
  return wanted > defaultStackBytes && wanted + marginBytes <= systemStackBytes() ? wanted : undefined;
}

function systemStackBytes(): number {
  if (process.platform === "darwin") return macStackBytes;
  try {
    const limit = /^Max stack size +(\w+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Whether the operating system gives the main thread the stack that V8 believes in. Where it does not, recursion ends
 * the process by a signal before V8 can say that the stack is used up.
 */
export function isMainStackReal(): boolean {
  return (stackSizeFlag()?.bytes ?? defaultStackBytes) + marginBytes <= systemStackBytes();
}
