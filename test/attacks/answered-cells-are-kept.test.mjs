// What `--jsonl --session` has answered is in the file, whatever ends the process, or the process says that it is not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath, finish, run } from "../commands.mjs";
import { dialects, serve, until } from "./jsonl-processes.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-kept-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.session`);

/** What a later process finds in the file as `x`. */
async function valueIn(command, file) {
  const show = command === "pyrunner" ? ["-c", "print(x)"] : ["-e", "console.log(x)"];
  const { stdout, stderr } = await run(command, ["--session", file, "--read-only", ...show]);
  assert.equal(stderr, "");
  return stdout.trim();
}

/** No file can take the place of a directory, whoever runs this test. A server looks for its file when it starts. */
async function makeUnwritable(server, file) {
  await server.ask({ id: "ready", op: "sessions" });
  mkdirSync(file);
}

/** A server that cannot write files of more than some blocks, of 512 or 1,024 bytes each. */
function startWithFullDisk(blocks, stdout, args) {
  const shell = ["-c", `ulimit -f ${blocks} && exec "$0" "$@"`, process.execPath, commandPath(command)];
  return spawn("sh", [...shell, ...args], { stdio: ["pipe", stdout, "pipe"] });
}

for (const [command, dialect] of Object.entries(dialects)) {
  test(`${command} keeps what was answered at a signal that comes during the next cell`, async (t) => {
    const file = newFile();
    const server = serve(t, command, ["--session", file]).read();
    server.send({ id: 1, code: dialect.set(5) }, { id: 2, code: dialect.announceAndLoop, stream: true });
    await server.event(2);
    server.child.kill("SIGTERM");
    assert.equal((await server.closed).signal, "SIGTERM");
    assert.equal(await valueIn(command, file), "5");
  });
}

test("what was answered is kept, or is told to be lost, when a signal ends a cell with its interpreter", async (t) => {
  const file = newFile();
  const server = serve(t, "pyrunner", ["--session", file]).read();
  const stuck = "print('on', flush=True)\nsum(range(10 ** 11))";
  server.send({ id: 1, code: "x = 5" }, { id: 2, code: "x = 6" }, { id: 3, code: stuck, stream: true });
  await server.event(3);
  server.child.kill("SIGTERM");
  const { signal, stderr } = await server.closed;
  assert.equal(signal, "SIGTERM");
  const value = await valueIn("pyrunner", file);
  if (stderr === "") assert.equal(value, "6");
  else assert.match(stderr, /^pyrunner: .* the session has lost the last ones before it\n$/);
});

// What follows has nothing of the language in it.
const command = "jsrunner";
const dialect = dialects[command];

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  test(`keeps what was answered at ${signal}, and ends by it`, async (t) => {
    const file = newFile();
    const server = serve(t, command, ["--session", file]).read();
    await server.ask({ id: 1, code: dialect.set(5) });
    server.child.kill(signal);
    assert.deepEqual(await server.closed, { code: null, signal, stderr: "" });
    assert.equal(existsSync(`${file}.lock`), false);
    assert.equal(await valueIn(command, file), "5");
  });
}

test("keeps what was answered at a signal while nobody reads and cells wait for that", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]);
  server.send({ id: 1, code: dialect.set(5) });
  for (const id of [2, 3]) server.send({ id, code: dialect.print(8_000_000) });
  server.send({ id: 4, code: dialect.set(6) });
  // There is something to read, and it stays unread.
  await new Promise((resolve) => server.child.stdout.once("readable", resolve));
  await server.rest();
  server.child.kill("SIGTERM");
  assert.deepEqual(await server.closed, { code: null, signal: "SIGTERM", stderr: "" });
  assert.equal(await valueIn(command, file), "5");
});

test("keeps what was answered when its reader goes away, and exits with 141", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]).read();
  await server.ask({ id: 1, code: dialect.set(5) });
  server.child.stdout.destroy();
  server.send({ id: 2, code: dialect.get }, { id: 3, code: dialect.announceAndLoop });
  assert.deepEqual(await server.closed, { code: 141, signal: null, stderr: "" });
  assert.equal(await valueIn(command, file), "5");
});

test("is saved now and then for a client that never rests: kill -9 costs little", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]).read();
  const last = 900;
  const slow = "; await new Promise((done) => setTimeout(done, 20))";
  for (let id = 0; id <= last; id++) server.send({ id, code: dialect.set(id) + slow });
  const isOver = () => server.lines.at(-1)?.id === last;
  await until("a save under load", () => existsSync(file) || isOver());
  assert.ok(!isOver(), "nothing was saved before the last answer");
  server.child.kill("SIGKILL");
  await server.closed;
  assert.match(await valueIn(command, file), /^\d+$/);
});

test("is saved at rest, also while another session is busy", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]).read();
  server.send({ id: 1, session: "other", code: dialect.announceAndLoop, stream: true });
  await server.event(1);
  await server.ask({ id: 2, code: dialect.set(5) });
  await until("the file is there", () => existsSync(file));
  server.child.kill("SIGKILL");
  await server.closed;
  assert.equal(await valueIn(command, file), "5");
});

test("says once that it cannot save, tries again, and is whole once it can", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]).read();
  await makeUnwritable(server, file);
  await server.ask({ id: 0, code: dialect.set(0) });
  await until("the failure is told", () => server.stderr() !== "");
  for (let id = 1; id <= 20; id++) await server.ask({ id, code: dialect.set(id) });
  const told = new RegExp(`^${command}: the session could not be saved: .*\n$`);
  assert.match(server.stderr(), told);
  rmdirSync(file);
  await until("it is saved without being asked", () => existsSync(file));
  server.child.kill("SIGKILL");
  assert.match((await server.closed).stderr, told);
  assert.equal(await valueIn(command, file), "20");
});

test("exits with 1 and a line that says so if it cannot save at its end", async (t) => {
  const file = newFile();
  const server = serve(t, command, ["--session", file]).read();
  await makeUnwritable(server, file);
  await server.ask({ id: 1, code: dialect.set(5) });
  const { code, signal, stderr } = await server.end();
  assert.deepEqual({ code, signal }, { code: 1, signal: null });
  assert.match(stderr, new RegExp(`^(${command}: the session could not be saved: .*\n){1,2}$`));
  rmdirSync(file);
});

test("a full disk is told, and what was saved before stays", async (t) => {
  const file = newFile();
  const first = serve(t, command, ["--session", file]).read();
  await first.ask({ id: 1, code: dialect.set(5) });
  assert.equal((await first.end()).code, 0);
  // Room for a lock, and not for a session.
  const child = startWithFullDisk(2, "pipe", ["--jsonl", "--session", file]);
  const { code, stdout, stderr } = await finish(child, {
    input: `${JSON.stringify({ id: 1, code: dialect.set(7) })}\n`,
  });
  assert.match(stdout, /^\{"id":1/);
  assert.equal(code, 1);
  assert.match(stderr, /the session could not be saved: /);
  assert.equal(await valueIn(command, file), "5");
});

test("answers in a file that a full disk cuts short are told to be, with exit code 1", async () => {
  const answers = openSync(join(folder, "answers"), "w");
  const child = startWithFullDisk(16, answers, ["--jsonl"]);
  closeSync(answers);
  const { code, stderr } = await finish(child, {
    input: `${JSON.stringify({ id: 1, code: dialect.print(100_000) })}\n`,
  });
  assert.equal(code, 1);
  assert.match(stderr, /^jsrunner: cannot write output: .*\n$/);
});
