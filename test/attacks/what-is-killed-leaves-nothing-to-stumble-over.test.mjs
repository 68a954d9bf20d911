// A command that is killed at any moment leaves nothing behind that the next one stumbles over: the session, the caches
// and the history are what they were before or after, and the next start works, says nothing odd, and clears away what
// was left.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandPath, finish, run } from "../commands.mjs";
import { skipStock, unpackStockBuild } from "../stock-build.mjs";

/** How often each command is killed; a thorough run sets 75. What takes seconds each time is killed a sixth as often. */
const kills = Number(process.env.WASM_REPL_TEST_KILLS ?? 5);
const fewKills = Math.ceil(kills / 6);
const seed = Number(process.env.WASM_REPL_TEST_SEED ?? 1);

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-kills-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const root = fileURLToPath(new URL("../..", import.meta.url));
const quiet = (stdout) => ({ code: 0, signal: null, stdout, stderr: "" });

/** Numbers from 0 to 1 that are the same in every run. */
function createRandom() {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Starts a script of Node.js in a process group of its own, so that what it starts itself is killed with it. */
function startAlone(script, words, env = process.env) {
  return spawn(process.execPath, [script, ...words], { stdio: "pipe", detached: true, env });
}

/**
 * Kills a process, now at some time, now when a directory has changed some times: the moments at which files are
 * written are short. A process that ends before is let go.
 */
function killAtSomeMoment(child, random, { usualMs, directory, mostChanges }) {
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
  };
  const byTime = random() < 0.5;
  const at = random();
  let left = Math.ceil(at * mostChanges);
  const timer = byTime ? setTimeout(kill, at * 1.1 * usualMs) : undefined;
  const watcher = watch(directory, () => {
    left--;
    if (!byTime && left === 0) kill();
  });
  child.on("close", () => {
    clearTimeout(timer);
    watcher.close();
  });
}

async function timed(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

const runners = [
  { command: "pyrunner", option: "-c", begin: "x = 0", step: "x = x + 1", show: "print(x)" },
  { command: "jsrunner", option: "-e", begin: "var x = 0", step: "x = x + 1", show: "console.log(x)" },
];

for (const { command, option, begin, step, show } of runners) {
  const sessionIn = (name) => {
    const directory = join(folder, `${command}-${name}`);
    mkdirSync(directory);
    const words = ["--session", join(directory, "session")];
    const program = (code) => [...words, option, code];
    return {
      directory,
      words,
      program,
      /** The next start: takes over from whoever was killed, and finds a value between these. */
      async valueBetween(least, most, attempt) {
        const shown = await run(command, program(show));
        const value = Number(shown.stdout);
        assert.deepEqual({ attempt, ...shown }, { attempt, ...quiet(`${value}\n`) });
        assert.deepEqual({ attempt, files: readdirSync(directory) }, { attempt, files: ["session"] });
        assert.ok(value >= least && value <= most, `attempt ${attempt}: ${value}, not ${least} to ${most}`);
        return value;
      },
    };
  };

  test(`${command} --session: a program that is killed has run or has not (${kills} times)`, async () => {
    const { directory, program, valueBetween } = sessionIn("program");
    const random = createRandom();
    await run(command, program(begin));
    const usualMs = await timed(() => run(command, program("x")));
    let value = 0;
    for (let attempt = 0; attempt < kills; attempt++) {
      const child = startAlone(commandPath(command), program(step));
      killAtSomeMoment(child, random, { usualMs, directory, mostChanges: 12 });
      await finish(child);
      value = await valueBetween(value, value + 1, attempt);
    }
  });

  test(`${command} --session --jsonl: what is killed goes on from one of its own requests (${kills} times)`, async () => {
    const { directory, words, program, valueBetween } = sessionIn("jsonl");
    const random = createRandom();
    await run(command, program(begin));
    const requests = 5;
    const input = Array.from({ length: requests }, (_, id) => `${JSON.stringify({ id, code: step })}\n`);
    const usualMs = await timed(() => run(command, [...words, "--jsonl"], { input: input.join("") }));
    let value = await valueBetween(requests, requests, "first");
    for (let attempt = 0; attempt < kills; attempt++) {
      const child = startAlone(commandPath(command), [...words, "--jsonl"]);
      killAtSomeMoment(child, random, { usualMs, directory, mostChanges: 16 });
      await finish(child, { input: input.join("") });
      value = await valueBetween(value, value + requests, attempt);
    }
  });
}

test(`machine code that is killed while it is written is not used half (${fewKills} times)`, async () => {
  const dist = join(folder, "package", "dist");
  cpSync(join(root, "dist"), dist, { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package", "package.json"));
  const caches = () => readdirSync(dist, { recursive: true }).filter((name) => name.includes(".code"));
  const whole = () =>
    caches().filter((name) => name.endsWith(".code") && name.includes(process.version)).length;
  // One for each bundle and each interpreter, and one of JavaScript as the command runs it.
  const withoutCode = ["wasi-thread.cjs", "mcp-client-sdk.cjs"];
  const complete =
    readdirSync(join(dist, "bundles")).filter((name) => name.endsWith(".cjs") && !withoutCode.includes(name))
      .length +
    runners.length +
    1;
  const random = createRandom();
  const startInCopy = (name, ...words) => startAlone(join(dist, `${name}.cjs`), words);
  const check = async (attempt) => {
    for (const { command, option, show } of runners) {
      const shown = await finish(startInCopy(command, option, `x = 7; ${show}`));
      assert.deepEqual({ attempt, command, ...shown }, { attempt, command, ...quiet("7\n") });
    }
  };
  // A thread's code is written last, after seconds of waiting, in the same way as that of the commands.
  const made = () => caches().filter((name) => !name.includes("thread"));
  const usualMs = 3000;
  for (let attempt = 0; attempt < fewKills; attempt++) {
    for (const name of made()) rmSync(join(dist, name));
    const child = startInCopy("code-cache");
    killAtSomeMoment(child, random, { usualMs, directory: join(dist, "runtimes"), mostChanges: 8 });
    await finish(child);
    await check(attempt);
  }
  assert.deepEqual(await finish(startInCopy("code-cache")), quiet(""));
  await check("last");
  assert.equal(whole(), complete);
});

test(`a stock build that is killed while it is made ready is made ready anew (${fewKills} times)`, {
  skip: skipStock,
}, async () => {
  const [build, cache] = ["stock", "cache"].map((name) => join(folder, name));
  await unpackStockBuild(build);
  const directory = join(cache, "wasm-repl");
  mkdirSync(directory, { recursive: true });
  const env = { ...process.env, XDG_CACHE_HOME: cache, HOME: folder };
  const words = ["--runtime", build, "-c", "print(6 * 7)"];
  const startStock = () => startAlone(commandPath("pyrunner"), words, env);
  const random = createRandom();
  const usualMs = await timed(() => finish(startStock()));
  for (let attempt = 0; attempt < fewKills; attempt++) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    const child = startStock();
    killAtSomeMoment(child, random, { usualMs, directory, mostChanges: 3 });
    await finish(child);
    assert.deepEqual({ attempt, ...(await finish(startStock())) }, { attempt, ...quiet("42\n") });
  }
});

test(`the prompt's history keeps every entry, whenever a prompt is killed (${kills} times)`, async () => {
  const directory = join(folder, "history");
  mkdirSync(directory);
  const path = join(directory, "history.jsonl");
  const script = join(folder, "prompts.mjs");
  const history = new URL("../../build/cli/repl/history.js", import.meta.url);
  // A prompt that is given entries without end, and tells each that it has taken.
  writeFileSync(
    script,
    `import { writeSync } from "node:fs";
    import { openHistory } from ${JSON.stringify(history.href)};
    const [path, name, count] = process.argv.slice(2);
    const { add } = openHistory(path);
    for (let number = 0; number < Number(count); number++) {
      add(\`\${name} \${number} \${"x".repeat(number % 1000)}\`);
      writeSync(1, \`\${number}\\n\`);
    }`,
  );
  const { openHistory } = await import(history);
  // More than are kept: each prompt begins by writing the file anew.
  const many = 6000;
  await finish(startAlone(script, [path, "first", many]));
  const random = createRandom();
  const usualMs = await timed(() => finish(startAlone(script, [path, "second", many])));
  for (let attempt = 0; attempt < kills; attempt++) {
    const child = startAlone(script, [path, `attempt ${attempt}`, many]);
    killAtSomeMoment(child, random, { usualMs, directory, mostChanges: 200 });
    const taken = (await finish(child)).stdout.split("\n").length - 1;
    const { entries } = openHistory(path);
    const kept = entries
      .filter((entry) => entry.startsWith(`attempt ${attempt} `))
      .map((entry) => Number(entry.split(" ")[2]));
    assert.ok(
      kept.length >= Math.min(taken, 5000),
      `attempt ${attempt}: ${taken} taken, ${kept.length} kept`,
    );
    assert.deepEqual(
      kept,
      Array.from(kept, (_, index) => kept[0] + index),
    );
    assert.ok(entries.length >= 5000, `attempt ${attempt}: ${entries.length} entries`);
  }
});
