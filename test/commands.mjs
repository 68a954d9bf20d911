// Starts the built commands as a user's shell would, and gathers what they write.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const commandPath = (name) => fileURLToPath(new URL(`../dist/${name}.cjs`, import.meta.url));

export function start(name, args, options = {}) {
  return spawn(process.execPath, [commandPath(name), ...args], { stdio: "pipe", ...options });
}

/** Runs a command to its end: exit code or signal, and both streams as text (or bytes with `binary`). */
export async function finish(child, { input, binary = false } = {}) {
  const gathered = [child.stdout, child.stderr].map((stream) => {
    const chunks = [];
    stream?.on("data", (chunk) => chunks.push(chunk));
    return () => (binary ? Buffer.concat(chunks) : Buffer.concat(chunks).toString());
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...ended) => resolve(ended));
  });
  const [stdout, stderr] = gathered.map((take) => take());
  return { code, signal, stdout, stderr };
}

export const run = (name, args, options) => finish(start(name, args), options);

/** A JSON lines server that answers one request at a time. */
export function startJsonLines(name, args = []) {
  const child = start(name, ["--jsonl", ...args]);
  child.stderr.pipe(process.stderr);
  const waiting = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) waiting.shift()?.(JSON.parse(line));
  });
  return {
    child,
    /** Sends a line as it is and gives the answer that comes for it. */
    sendLine(line) {
      const answer = new Promise((resolve) => waiting.push(resolve));
      child.stdin.write(line);
      child.stdin.write("\n");
      return answer;
    },
    send(request) {
      return this.sendLine(JSON.stringify(request));
    },
    async end() {
      child.stdin.end();
      const [code] = await new Promise((resolve) => child.on("close", (...ended) => resolve(ended)));
      return code;
    },
  };
}
