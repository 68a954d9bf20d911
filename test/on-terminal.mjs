// Runs a command with all three of its standard streams on a pseudo-terminal, as a person's shell does: `script` of Debian's
// bsdutils makes the terminal. Where there is none, tests fail: nothing else shows what a person sees.
//
// As a program of its own this file is what `script` starts: it starts the command as a shell would, and tells how
// that ended, which `script` itself tells in part only.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandPath } from "./commands.mjs";

/** Nothing here takes nearly as long, unless it hangs. */
const longestMs = 30_000;

/** @param words The command and its arguments. */
export function startOnTerminal(words, { columns = 80, env = process.env, cwd } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-terminal-"));
  const report = join(folder, "report");
  const self = fileURLToPath(import.meta.url);
  const quoted = [process.execPath, self].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["--quiet", "--flush", "--command", quoted, "/dev/null"], {
    cwd,
    env: {
      TERM: "xterm-256color",
      ...env,
      WASM_REPL_ON_TERMINAL: JSON.stringify({ words, columns, report }),
    },
  });
  let text = "";
  let isOver = false;
  const watchers = new Set();
  const look = () => {
    for (const watcher of watchers) watcher();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      look();
    });
  }
  child.stdin.on("error", () => {});
  const timer = setTimeout(() => child.kill("SIGKILL"), longestMs);
  const ended = new Promise((resolve, reject) => {
    child.on("error", (cause) => {
      reject(new Error("a pseudo-terminal needs the command `script` (Debian: bsdutils)", { cause }));
    });
    child.on("close", () => {
      clearTimeout(timer);
      isOver = true;
      look();
      let how = { code: undefined, signal: "none: it hangs" };
      try {
        how = JSON.parse(readFileSync(report, "utf8"));
      } catch {
        // It had to be killed.
      }
      rmSync(folder, { recursive: true });
      resolve({ ...how, screen: text });
    });
  });
  return {
    type: (keys) => child.stdin.write(keys),
    /** What has been shown so far, without colours and movements. */
    shown: () => textOf(text),
    /** Waits until that matches, from the character `from` on. */
    async see(pattern, from = 0) {
      await new Promise((resolve) => {
        const watcher = () => {
          if (!isOver && !pattern.test(textOf(text).slice(from))) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      });
      assert.match(textOf(text).slice(from), pattern);
    },
    /** `code` or `signal`, and `screen`: all that the terminal was sent. */
    ended,
  };
}

function textOf(screen) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return screen.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "");
}

/** As `startOnTerminal`, to the command's end, with its lines ended as programs write them. */
export async function runOnTerminal(words, options) {
  const { screen, ...how } = await startOnTerminal(words, options).ended;
  return { ...how, screen: screen.replaceAll("\r\n", "\n") };
}

/** One of our commands, as words. */
export const command = (name, ...args) => [process.execPath, commandPath(name), ...args];

const task = process.argv[1] === fileURLToPath(import.meta.url) && process.env.WASM_REPL_ON_TERMINAL;
if (task) {
  const { words, columns, report } = JSON.parse(task);
  // What is typed is not shown twice, and the command's lines are as wide as the test says.
  spawnSync("stty", ["-echo", "columns", String(columns), "rows", "24"], { stdio: "inherit" });
  const { WASM_REPL_ON_TERMINAL: _, ...env } = process.env;
  // Ctrl-C is for the command; a shell waits for its end.
  process.on("SIGINT", () => {});
  spawn(words[0], words.slice(1), { stdio: "inherit", env })
    .on("error", (error) => console.error(String(error)))
    .on("exit", (code, signal) => writeFileSync(report, JSON.stringify({ code, signal })));
}
