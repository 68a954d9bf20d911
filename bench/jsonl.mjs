// The round trip of a trivial cell: a line into the process, the answer out of it, one at a time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { median } from "./measure.mjs";
import { command } from "./paths.mjs";

const requests = 10_000;
const sample = 1000;
const goalMs = 0.3;

export async function jsonl() {
  return [...(await rows("pyrunner", "x = 5")), ...(await rows("jsrunner", "x = 5; undefined"))];
}

async function rows(name, code) {
  const child = spawn(command(name), ["--jsonl"], { stdio: ["pipe", "pipe", "inherit"] });
  const times = await roundTrips(child, code);
  child.stdin.end();
  await once(child, "close");
  const what = `${name} --jsonl round trip`;
  return [
    // The first requests warm the process up.
    { what, ours: median(times.slice(100, 100 + sample)), unit: "ms", goal: goalMs },
    {
      what: `${what}, after ${requests} requests`,
      ours: median(times.slice(-sample)),
      unit: "ms",
      goal: goalMs,
    },
  ];
}

function roundTrips(child, code) {
  const times = [];
  const line = `${JSON.stringify({ id: 1, code })}\n`;
  return new Promise((resolve, reject) => {
    let start = performance.now();
    child.on("error", reject);
    child.on("exit", () => reject(new Error("the process ended before it had answered")));
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text) => {
      times.push(performance.now() - start);
      // One request is under way at a time, and its answer is short: it comes in one piece.
      if (text !== '{"id":1}\n') reject(new Error(`unexpected answer: ${text}`));
      if (times.length === requests + sample) return resolve(times);
      start = performance.now();
      child.stdin.write(line);
    });
    child.stdin.write(line);
  });
}
