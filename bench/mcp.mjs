// What the Model Context Protocol costs over JSON lines, both taken in turns: from the start of the process to the first
// answer, and the round trip of a trivial cell.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { median } from "./measure.mjs";
import { command } from "./paths.mjs";

const starts = 15;
const warmUp = 100;
const sample = 1000;
/** Of the round trip over JSON lines'. */
const goalMs = 1;

const code = "x = 5";
const hello = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};
const protocols = {
  "--jsonl": { opening: [], request: (id) => ({ id, code }) },
  "--mcp": {
    opening: [
      { jsonrpc: "2.0", id: 0, method: "initialize", params: hello },
      { jsonrpc: "2.0", method: "notifications/initialized" },
    ],
    request: (id) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "run_python", arguments: { code } },
    }),
  },
};

export async function mcp() {
  const first = { "--jsonl": [], "--mcp": [] };
  for (let turn = 0; turn < starts; turn++) {
    for (const option of Object.keys(protocols)) first[option].push((await times(option, 1)).firstMs);
  }
  const trips = {};
  for (const option of Object.keys(protocols)) {
    trips[option] = median((await times(option, warmUp + sample)).tripsMs.slice(warmUp));
  }
  return [
    {
      what: "pyrunner --mcp, from its start to the first answer",
      ours: median(first["--mcp"]),
      other: median(first["--jsonl"]),
      otherName: "--jsonl",
      unit: "ms",
      goal: 1.5,
    },
    {
      what: "run_python, round trip more than --jsonl's",
      ours: trips["--mcp"] - trips["--jsonl"],
      unit: "ms",
      goal: goalMs,
    },
  ];
}

/** One process, and so many cells, one at a time. */
async function times(option, count) {
  const { opening, request } = protocols[option];
  const start = performance.now();
  const child = spawn(command("pyrunner"), [option], { stdio: ["pipe", "pipe", "inherit"] });
  for (const message of opening) child.stdin.write(`${JSON.stringify(message)}\n`);
  const tripsMs = [];
  let firstMs;
  let sentMs = performance.now();
  let text = "";
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => reject(new Error("the process ended before it had answered")));
    const send = () => {
      sentMs = performance.now();
      child.stdin.write(`${JSON.stringify(request(tripsMs.length + 1))}\n`);
    };
    child.stdout.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) {
        const { id, error } = JSON.parse(line);
        if (error !== undefined) return reject(new Error(line));
        if (id !== tripsMs.length + 1) continue;
        firstMs ??= performance.now() - start;
        tripsMs.push(performance.now() - sentMs);
        if (tripsMs.length === count) return resolve();
        send();
      }
    });
    send();
  });
  child.removeAllListeners("exit");
  child.stdin.end();
  await once(child, "close");
  return { firstMs, tripsMs };
}
