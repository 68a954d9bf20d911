// A program that is stuck, in a write that nobody reads or in a call of the system, is ended all the same, and its
// command's exit status says why.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath } from "../commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-stuck-"));
after(() => rmSync(folder, { recursive: true }));

const programs = {
  pyrunner: ["-c", "import sys\nprint('on', file=sys.stderr)\nwhile True: print('x' * 1000)"],
  jsrunner: ["-e", "console.error('on'); for (;;) console.log('x'.repeat(1000))"],
};

/** Standard output that nobody reads: what a child gets for it, and what is to be closed afterwards. */
const unread = {
  pipe() {
    const path = join(folder, `fifo-${Math.random()}`);
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    return { stdout: writer, close: () => [reader, writer].forEach(closeSync) };
  },
  socket: () => ({ stdout: "pipe", close() {} }),
};

function startUnread(kind, command, options) {
  const { stdout, close } = unread[kind]();
  const args = [commandPath(command), ...options, ...programs[command]];
  const child = spawn(process.execPath, args, { stdio: ["ignore", stdout, "pipe"] });
  const exit = once(child, "exit").finally(() => {
    close();
    child.stdout?.destroy();
  });
  return { child, exit };
}

for (const command of Object.keys(programs)) {
  for (const kind of Object.keys(unread)) {
    test(`${command} --timeout gives 124 when a ${kind} takes no more of its output`, async () => {
      const { child, exit } = startUnread(kind, command, ["--timeout", "300ms"]);
      child.stderr.resume();
      assert.deepEqual(await exit, [124, null]);
    });
  }

  test(`${command} ends at Ctrl-C when a pipe takes no more of its output`, async () => {
    const { child, exit } = startUnread("pipe", command, ["--timeout", "1m"]);
    child.stderr.once("data", () => child.kill("SIGINT"));
    const [code, signal] = await exit;
    assert.ok(code === 130 || signal === "SIGINT", `${code} ${signal}`);
  });

  for (const session of [[], ["--session", join(folder, `${command}.session`)]]) {
    test(`${[command, ...session.slice(0, 1)].join(" ")} --timeout gives 124 when a terminal takes no more of its output`, {
      timeout: 60_000,
    }, async (t) => {
      const name = `${command}-status${session.length}`;
      const status = join(folder, name);
      const words = [
        process.execPath,
        commandPath(command),
        ...session,
        "--timeout",
        "300ms",
        ...programs[command],
      ];
      const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
      const written = new Promise((resolve) => {
        const watcher = watch(folder, (_event, changed) => {
          if (changed !== `${name}.done`) return;
          watcher.close();
          resolve();
        });
      });
      // `script` makes the terminal, and reads it no further once nobody takes what it passes on.
      const line = `${quoted}; echo $? > '${status}'; mv '${status}' '${status}.done'`;
      const terminal = spawn("script", ["-qc", line, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
      t.after(() => {
        terminal.stdout.destroy();
        terminal.kill("SIGKILL");
      });
      await written;
      assert.equal(readFileSync(`${status}.done`, "utf8"), "124\n");
    });
  }
}

test("a process ends with its status although a thread of it cannot be ended", async () => {
  const path = join(folder, "never-opened");
  execFileSync("mkfifo", [path]);
  const module = new URL("../../build/cli/exit-at-once.js", import.meta.url).href;
  const program = `
    import { writeSync } from "node:fs";
    import { Worker } from "node:worker_threads";
    import { exitAtOnce } from ${JSON.stringify(module)};
    const worker = new Worker(
      'require("node:worker_threads").parentPort.postMessage("on"); require("node:fs").openSync(${JSON.stringify(path)}, "r")',
      { eval: true, execArgv: [] },
    );
    worker.once("message", () => setTimeout(() => {
      void worker.terminate();
      console.log("last words");
      void exitAtOnce(124);
    }, 100));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  assert.deepEqual(await once(child, "close"), [124, null]);
  assert.equal(output, "last words\n");
});
