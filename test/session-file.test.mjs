// `--session FILE`: state that goes from process to process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { finish, run, start, startJsonLines } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-session-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => join(folder, `${++files}.session`);

/** How often a process is killed while it writes; a thorough run sets 200. */
const kills = Number(process.env.WASM_REPL_TEST_KILLS ?? 10);

for (const [command, option, set, show] of [
  ["pyrunner", "-c", "x = 5", "print(x)"],
  ["jsrunner", "-e", "var x = 5", "console.log(x)"],
]) {
  test(`${command} keeps a session in a file, for programs and for JSON lines`, async () => {
    const file = newFile();
    assert.deepEqual(await run(command, ["--session", file, option, set]), {
      code: 0,
      signal: null,
      stdout: "",
      stderr: "",
    });
    assert.equal((await run(command, ["--session", file, option, show])).stdout, "5\n");
    const input = '{"id":1,"code":"x = x + 1"}\n';
    assert.equal((await run(command, ["--session", file, "--jsonl"], { input })).code, 0);
    assert.equal((await run(command, ["--session", file, option, show])).stdout, "6\n");
  });

  test(`${command} --read-only runs from the file and leaves it as it is`, async () => {
    const file = newFile();
    await run(command, ["--session", file, option, set]);
    const before = readFileSync(file);
    const { stdout } = await run(command, ["--session", file, "--read-only", option, `${show}; x = 7`]);
    assert.equal(stdout, "5\n");
    assert.deepEqual(readFileSync(file), before);
    const { code, stderr } = await run(command, ["--session", newFile(), "--read-only", option, show]);
    assert.equal(code, 2);
    assert.match(stderr, /there is no such file/);
  });
}

test("an uncaught error, an exit code and a time limit keep what came before them", async () => {
  const file = newFile();
  const failed = await run("pyrunner", ["--session", file, "-c", "x = 1; 1 / 0"]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^Traceback .*ZeroDivisionError: division by zero\n$/s);
  assert.equal((await run("pyrunner", ["--session", file, "-c", "import sys; x += 1; sys.exit(3)"])).code, 3);
  const loop = ["--timeout", "300ms", "-c", "x += 1\nwhile True: pass"];
  const stopped = await run("pyrunner", ["--session", file, ...loop]);
  assert.equal(stopped.code, 124);
  assert.match(stopped.stderr, /stopped at its time limit of 0\.3 s\n$/);
  assert.equal((await run("pyrunner", ["--session", file, "-c", "print(x)"])).stdout, "3\n");
});

test("a program that ends its interpreter leaves the file as it was, and says so", async () => {
  const file = newFile();
  await run("pyrunner", ["--session", file, "-c", "x = 1"]);
  const { code, stderr } = await run("pyrunner", ["--session", file, "-c", "x = 2; import os; os._exit(9)"]);
  assert.equal(code, 9);
  assert.match(stderr, /as it was before\n$/);
  assert.equal((await run("pyrunner", ["--session", file, "-c", "print(x)"])).stdout, "1\n");
});

test("a second process is told that the file is in use, by any path that leads to it", async () => {
  const file = newFile();
  const name = basename(file);
  await run("jsrunner", ["--session", file, "-e", "var x = 1"]);
  mkdirSync(join(folder, "sub"));
  symlinkSync(folder, join(folder, "sub", "up"));
  symlinkSync("sub/up", join(folder, "here"));
  const server = start("jsrunner", ["--session", file, "--jsonl"]);
  try {
    server.stdin.write('{"id":1,"code":"x"}\n');
    await new Promise((resolve) => server.stdout.once("data", resolve));
    const spellings = [
      file,
      `${folder}//sub/../${name}`,
      `sub/../${name}`,
      `./sub/up/${name}`,
      `here/here/./${name}`,
      `here/../${basename(folder)}/${name}`,
    ];
    for (const path of spellings) {
      const again = start("jsrunner", ["--session", path, "-e", "x"], { cwd: folder });
      const { code, stderr } = await finish(again);
      assert.equal(code, 2, path);
      assert.match(stderr, new RegExp(`^jsrunner: .* is in use by the process ${server.pid} .*\n$`));
    }
  } finally {
    server.stdin.end();
  }
  await new Promise((resolve) => server.on("close", resolve));
  assert.equal((await run("jsrunner", ["--session", file, "-e", "console.log(x)"])).stdout, "1\n");
});

test("a snapshot is not written over a session file that is in use, by this process or another", async () => {
  const [mine, theirs] = [newFile(), newFile()];
  const servers = [mine, theirs].map((file) => startJsonLines("jsrunner", ["--session", file]));
  for (const server of servers) await server.send({ id: 1, code: "var x = 1" });
  const [server, other] = servers;
  assert.match(
    (await server.send({ id: 2, op: "snapshot", path: theirs })).error,
    new RegExp(` is in use by the process ${other.child.pid} `),
  );
  assert.match(
    (await server.send({ id: 3, op: "snapshot", path: mine })).error,
    / is in use by this process/,
  );
  // Reading harms nobody. What is there was whole at some time.
  assert.equal(await other.end(), 0);
  assert.equal((await server.send({ id: 4, op: "restore", path: theirs, session: "b" })).error, undefined);
  assert.equal((await server.send({ id: 5, op: "snapshot", path: theirs })).error, undefined);
  assert.equal(await server.end(), 0);
});

test("a file with another name of its own, a hard link, is refused under either", async () => {
  const file = newFile();
  const other = newFile();
  await run("jsrunner", ["--session", file, "-e", "var x = 1"]);
  linkSync(file, other);
  for (const path of [file, other]) {
    const { code, stderr } = await run("jsrunner", ["--session", path, "-e", "x"]);
    assert.deepEqual(
      [code, stderr],
      [
        2,
        `jsrunner: cannot use ${path}: it has other names (hard links); make a copy of it (see jsrunner --help)\n`,
      ],
    );
  }
});

test("a lock whose process is dead is taken over", async () => {
  const file = newFile();
  const dead = start("jsrunner", ["-e", "1"]);
  await finish(dead);
  for (const lock of [`${dead.pid} 1\n`, `${process.pid} 1\n`]) {
    writeFileSync(`${file}.lock`, lock);
    const { code, stderr } = await run("jsrunner", ["--session", file, "-e", "var x"]);
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes(".lock")),
    [],
  );
});

test("a lock whose process has ended, and was not asked for by its parent, is taken over", {
  skip: process.platform !== "linux" && "needs Linux's /proc",
}, async () => {
  const file = newFile();
  // A shell that becomes another program never asks for the child that it had.
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = await once(parent.stdout, "data");
    const pid = Number(line);
    const stat = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
    while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await new Promise(setImmediate);
    process.kill(pid, "SIGKILL");
    while (stat()[2] !== "Z") await new Promise(setImmediate);
    writeFileSync(`${file}.lock`, `${pid} ${stat()[21]}\n`);
    const { code, stderr } = await run("jsrunner", ["--session", file, "-e", "var x"]);
    assert.equal(code, 0, stderr);
  } finally {
    parent.kill();
  }
});

test("what killed processes left behind of a file is gone with the next run, and nothing else is", async () => {
  const file = newFile();
  const dies = join(folder, "dies.cjs");
  writeFileSync(dies, 'require("node:fs").fsyncSync = () => process.kill(process.pid, "SIGKILL");');
  const env = { ...process.env, NODE_OPTIONS: `--require=${dies}` };
  const beside = () =>
    readdirSync(folder).filter((name) => name.startsWith(basename(file)) && name !== basename(file));
  const others = [
    ".tmp",
    ".notes.tmp",
    ".0123456789abcdef",
    ".0123456789ABCDEF.tmp",
    "2.0123456789abcdef.tmp",
  ];
  for (const suffix of others) writeFileSync(file + suffix, "");
  for (let turn = 0; turn < 3; turn++) {
    const { signal } = await finish(start("jsrunner", ["--session", file, "-e", "var x = 1"], { env }));
    assert.equal(signal, "SIGKILL");
    // One of its own, and the lock, which the next run takes over.
    assert.equal(beside().length, others.length + 2, beside().join());
  }
  const dead = start("jsrunner", ["-e", "1"]);
  await finish(dead);
  for (const suffix of [".lock", ".lock.takeover"])
    writeFileSync(`${file}${suffix}.${dead.pid}.0123456789abcdef.tmp`, "");
  assert.equal((await run("jsrunner", ["--session", file, "-e", "var x = 1"])).code, 0);
  assert.deepEqual(beside().sort(), others.map((suffix) => basename(file) + suffix).sort());
});

test("a damaged file is refused and stays as it is", async () => {
  const file = newFile();
  writeFileSync(file, "no session");
  const { code, stderr } = await run("jsrunner", ["--session", file, "-e", "1"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /the snapshot cannot be used: it is no snapshot of a session/);
  assert.equal(readFileSync(file, "utf8"), "no session");
});

for (const [command, option, begin, show] of [
  ["jsrunner", "-e", "var x = 0", "console.log(x)"],
  ["pyrunner", "-c", "x = 0", "print(x)"],
]) {
  test(`${command}: kill -9 at random moments leaves the state before or after a run (tried ${kills} times)`, async () => {
    const file = newFile();
    await run(command, ["--session", file, option, begin]);
    let least = 0;
    const started = performance.now();
    await run(command, ["--session", file, option, "x = x"]);
    const usualMs = performance.now() - started;
    for (let attempt = 0; attempt < kills; attempt++) {
      const child = start(command, ["--session", file, option, "x = x + 1"]);
      setTimeout(() => child.kill("SIGKILL"), usualMs * (0.5 + Math.random() * 0.6));
      await finish(child);
      if (attempt % 5 !== 4 && attempt !== kills - 1) continue;
      const { stdout, stderr } = await run(command, ["--session", file, "--read-only", option, show]);
      const value = Number(stdout);
      assert.ok(stdout !== "" && value >= least && value <= attempt + 1, stderr || stdout);
      least = value;
    }
    // One that was killed while it took a dead lock over is waited for ten seconds.
    if (existsSync(`${file}.lock.takeover`)) utimesSync(`${file}.lock.takeover`, 1, 1);
    await run(command, ["--session", file, option, "x = x"]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(`${basename(file)}.`)),
      [],
    );
  });
}
