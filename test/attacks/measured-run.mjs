// Runs something in a process of its own, and tells how much memory that took at its highest.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { finish } from "../commands.mjs";

const reporter = fileURLToPath(new URL("report-peak.cjs", import.meta.url));
const pollMs = 10;

/**
 * Runs Node.js with these arguments. Gives what `finish` gives, and `peakMb`: the process's highest resident memory, as
 * it told at its end, or as it was seen from outside if it was killed.
 */
export async function runMeasured(args, { input, ...options } = {}) {
  const child = spawn(process.execPath, ["--require", reporter, ...args], {
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    ...options,
  });
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, seenPeakMb(child.pid));
  }, pollMs);
  let told = "";
  child.stdio[3].on("data", (chunk) => {
    told += chunk;
  });
  const ended = await finish(child, { input });
  clearInterval(timer);
  return { ...ended, peakMb: Math.max(peakMb, Number(told) / 1024) };
}

function seenPeakMb(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
