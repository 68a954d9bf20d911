import { readFileSync } from "node:fs";

/** What V8 uses of the main thread's stack unless a flag says otherwise, in bytes. */
export const defaultStackBytes = 984 * 1024;

/** What a process needs of its stack besides V8's part: its arguments and environment, and Node's own frames. */
const marginBytes = 1024 * 1024;
/** The main thread's stack on macOS, whatever the shell's limit. */
const macStackBytes = 8 * 1024 * 1024;

/**
 * The stack that V8 has on the main thread, in bytes: what the command's first line asks for with `--stack-size`,
 * if the operating system really gives that much. Undefined if it may not: deep recursion would end the process.
 */
export function mainStackBytes(): number | undefined {
  const flag = process.execArgv.map((arg) => /^--stack[-_]size=(\d+)$/.exec(arg)?.[1]).find(Boolean);
  if (flag === undefined) return defaultStackBytes;
  const wanted = Number(flag) * 1024;
  return wanted + marginBytes <= systemStackBytes() ? wanted : undefined;
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
