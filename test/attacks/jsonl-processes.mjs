// What the attacks on JSON lines have in common: a server that is watched from outside, and read when the test wants.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { start } from "../commands.mjs";

/** How each language writes what the attacks do. */
export const dialects = {
  pyrunner: {
    set: (value) => `x = ${value}`,
    get: "x",
    print: (bytes) => `print("x" * ${bytes})`,
    printForEver: "while True: print('x' * 1000)",
    announceAndLoop: "print('on', flush=True)\nwhile True: pass",
  },
  jsrunner: {
    set: (value) => `var x = ${value}`,
    get: "x",
    print: (bytes) => `console.log("x".repeat(${bytes}))`,
    printForEver: "for (;;) console.log('x'.repeat(1000))",
    announceAndLoop: "console.log('on'); for (;;);",
  },
};

/** So many requests are written in one go. */
const requestsAtOnce = 100;

/** A server whose answers are not read before `read` is called. It is killed when the test is over. */
export function serve(t, command, args = [], options = {}) {
  const child = start(command, ["--jsonl", ...args], options);
  t.after(() => child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  const closed = new Promise((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stderr })),
  );
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const lines = [];
  const waiting = new Set();
  let rest = [];
  const server = {
    child,
    /** The lines that have been read, parsed. */
    lines,
    /** How it ends. */
    closed,
    stderr: () => stderr,
    sendLine: (line) => {
      child.stdin.write(line);
      child.stdin.write("\n");
    },
    send: (...requests) => {
      for (let from = 0; from < requests.length; from += requestsAtOnce) {
        const some = requests.slice(from, from + requestsAtOnce);
        child.stdin.write(some.map((request) => `${JSON.stringify(request)}\n`).join(""));
      }
    },
    end() {
      child.stdin.end();
      return closed;
    },
    read() {
      child.stdout.setEncoding("utf8").on("data", (chunk) => {
        const parts = chunk.split("\n");
        rest.push(parts[0]);
        if (parts.length === 1) return;
        const whole = [rest.join(""), ...parts.slice(1, -1)];
        rest = [parts.at(-1)];
        for (const line of whole) lines.push(JSON.parse(line));
        for (const look of waiting) look();
      });
      return server;
    },
    find: (matches) =>
      new Promise((resolve, reject) => {
        let seen = 0;
        const look = () => {
          const line = lines.slice(seen).find(matches);
          seen = lines.length;
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        void closed.then(({ code, signal }) =>
          reject(new Error(`the server has ended with ${code ?? signal}: ${stderr}`)),
        );
        look();
      }),
    answer: (id) => server.find((line) => line.id === id && line.event === undefined),
    event: (id) => server.find((line) => line.id === id && line.event !== undefined),
    ask(request) {
      server.send(request);
      return server.answer(request.id);
    },
    ...watch(child),
  };
  return server;
}

/** What a process does and holds, as the system tells it. */
export function watch({ pid }) {
  return {
    /** Waits until the process does nothing any more: whatever it could do before it is read, it has done. */
    async rest() {
      let last = -1;
      for (let same = 0; same < 4; ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const now = processorTicks(pid);
        same = now === last ? same + 1 : 0;
        last = now;
      }
    },
    /** The most memory that the process has had, in bytes. */
    peakBytes: () => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024,
  };
}

function processorTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** Waits for something that shows itself only when one looks. */
export async function until(what, isSo, longestMs = 20_000) {
  const end = performance.now() + longestMs;
  while (!isSo()) {
    assert.ok(performance.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
