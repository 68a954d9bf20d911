// How everything here is timed. The machine may be busy with other work, so both sides of a comparison take turns
// and what counts is the median.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every measurement `runs` times by turns, A B A B, after one turn that does not count. A measurement is a
 * function that gives a promise of a number. Gives the medians by the measurements' names.
 */
export async function alternate(runs, measurements) {
  const samples = Object.fromEntries(Object.keys(measurements).map((name) => [name, []]));
  for (let turn = 0; turn <= runs; turn++) {
    for (const [name, measure] of Object.entries(measurements)) {
      const value = await measure();
      if (turn > 0) samples[name].push(value);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
}

/** Milliseconds that an asynchronous action takes. */
export async function timeMs(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Milliseconds from starting a process to its end. */
export function processMs(command, args, env = process.env) {
  return timeMs(() => processOutput(command, args, env));
}

/** What a process writes to standard output. An exit code other than 0 is an error, with what went to stderr. */
export async function processOutput(command, args, env = process.env) {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [output, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${complaint.trim()}`);
  return output;
}
