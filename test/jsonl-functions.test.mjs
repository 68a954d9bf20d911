// Host functions over JSON lines: the client declares them, and answers the calls.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { serve } from "./attacks/jsonl-processes.mjs";
import { run } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-functions-"));
after(() => rmSync(folder, { recursive: true }));

const dialects = {
  pyrunner: {
    call: "ask(1, x=b'ab')",
    args: [1],
    kwargs: { x: { $bytes: "YWI=" } },
    wait: (call) => `await ${call.replace("(", ".aio(")}`,
    both: "import asyncio\nawait asyncio.gather(ask.aio(1), ask.aio(2))",
    caught: "try: ask()\nexcept ValueError as e: print(e)",
    two: "[1, 2]",
    cancel:
      "import asyncio\ntask = asyncio.ensure_future(ask.aio(1))\nawait ask.aio(2)\ntask.cancel()\nawait asyncio.sleep(0)",
    check: "fs.read(5)",
  },
  jsrunner: {
    call: "await ask(1, { x: new Uint8Array([97, 98]) })",
    args: [1, { x: { $bytes: "YWI=" } }],
    kwargs: {},
    wait: (call) => call,
    both: "await Promise.all([ask(1), ask(2)])",
    caught: "try { await ask() } catch (error) { console.log(error.message) }",
    two: "[ 1, 2 ]",
    check: "await fs.read(5)",
  },
};

/** A server that has a function `ask`, and a namespace with one that has a schema. */
async function open(t, command, args = []) {
  const server = serve(t, command, args).read();
  const parameters = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
  const functions = { ask: { description: "Ask" }, fs: { read: { parameters } } };
  assert.deepEqual(await server.ask({ id: "f", op: "functions", functions }), { id: "f" });
  return { ...server, functions };
}

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`${command} --jsonl`, () => {
    test("a call is an event, and what is returned is its value, with bytes both ways", async (t) => {
      const server = await open(t, command);
      server.send({ id: 1, code: dialect.call, value: true });
      const { args, kwargs } = dialect;
      const expected = { id: 1, event: "call", call: "c1", function: "ask", args, kwargs };
      assert.deepEqual(await server.event(1), expected);
      const value = { list: [1.5, null], bytes: { $bytes: "AP8=" }, odd: { $object: { $bytes: 1 } } };
      server.send({ op: "return", call: "c1", value });
      const answer = await server.answer(1);
      assert.deepEqual(answer.value, value);
      assert.equal((await server.end()).code, 0);
      assert.ok(
        server.lines.every(({ id }) => id === 1 || id === "f"),
        "a right answer is not answered",
      );
    });

    test("an error that is returned is raised by its name", async (t) => {
      const server = await open(t, command);
      server.send({ id: 1, code: dialect.caught });
      await server.event(1);
      server.send({ op: "return", call: "c1", error: { type: "ValueError", message: "no" } });
      assert.equal((await server.answer(1)).output, "no\n");
    });

    test("calls are answered in any order, while their run goes on and others wait behind it", async (t) => {
      const server = await open(t, command);
      server.send({ id: 1, code: dialect.both }, { id: 2, code: "5" });
      await server.find(({ call }) => call === "c2");
      server.send({ op: "return", call: "c2", value: 2 }, { op: "return", call: "c1", value: 1 });
      assert.equal((await server.answer(1)).result, dialect.two);
      assert.equal((await server.answer(2)).result, "5");
    });

    test("a call that is suspended suspends its run, which goes on with resume, and also in a fork", async (t) => {
      const server = await open(t, command);
      server.send({ id: 1, code: dialect.wait(dialect.call) });
      await server.event(1);
      server.send({ op: "suspend", call: "c1" });
      const { args, kwargs } = dialect;
      const suspended = [{ call: "c1", function: "ask", args, kwargs }];
      assert.deepEqual(await server.answer(1), { id: 1, suspended });
      assert.match((await server.ask({ id: 2, code: "1" })).error, /suspended and waits for c1/);
      // Its files can be worked on meanwhile.
      await server.ask({ id: 3, op: "write_file", path: "a", content: "abc" });
      assert.equal((await server.ask({ id: 4, op: "read_file", path: "a" })).content, "abc");
      const { info } = await server.ask({ id: 5, op: "stat_file", path: "a" });
      assert.deepEqual([info.type, info.bytes, typeof info.modified_ms], ["file", 3, "number"]);
      assert.deepEqual(await server.ask({ id: 6, op: "remove_file", path: "a" }), { id: 6 });
      assert.deepEqual((await server.ask({ id: 7, op: "list_files" })).entries, []);
      await server.ask({ id: 8, op: "fork", to: "other" });
      const resume = (id, value, session) =>
        server.ask({ id, op: "resume", results: [{ call: "c1", value }], ...(session ? { session } : {}) });
      assert.equal((await resume(9, 41)).result, "41");
      assert.equal((await resume(10, 42, "other")).result, "42");
      assert.match((await resume(11, 43)).error, /no suspended run/);
      // The fork has the functions too, and its calls say whose they are.
      server.send({ id: 12, code: dialect.call, session: "other" });
      const { session, call } = await server.event(12);
      assert.deepEqual([session, call], ["other", "c2"]);
      server.send({ op: "return", call, session, value: 1 });
      assert.equal((await server.answer(12)).result, "1");
    });

    test("functions outlive hibernation, and are replaced by others", async (t) => {
      const server = await open(t, command, ["--max-live", "1"]);
      await server.ask({ id: 1, code: "1", session: "other" });
      server.send({ id: 2, code: dialect.call });
      await server.event(2);
      server.send({ op: "return", call: "c1", value: 5 });
      assert.equal((await server.answer(2)).result, "5");
      await server.ask({ id: 3, op: "functions", functions: { tell: {} } });
      assert.match((await server.ask({ id: 4, code: dialect.call })).error, /NameError|ReferenceError/);
      await server.ask({ id: 5, op: "functions", functions: {} });
      assert.match((await server.ask({ id: 6, code: "tell" })).error, /NameError|ReferenceError/);
    });

    test("what the code does not want any more, and what a stopped run waited for, is cancelled", async (t) => {
      const server = await open(t, command);
      if (dialect.cancel !== undefined) {
        server.send({ id: 1, code: dialect.cancel });
        await server.find(({ call }) => call === "c2");
        server.send({ op: "return", call: "c1", value: 0 });
        await server.answer(1);
        const told = server.lines.filter(({ id }) => id === 1).map(({ event, call }) => [event, call]);
        assert.deepEqual(told, [
          ["call", "c1"],
          ["call", "c2"],
          ["cancel", "c2"],
          [undefined, undefined],
        ]);
      }
      server.send({ id: 2, code: dialect.call });
      const { call } = await server.event(2);
      server.send({ id: 3, op: "interrupt", target: 2 });
      assert.equal((await server.answer(2)).stopped, "interrupt");
      const cancel = await server.find(({ id, event }) => id === 2 && event === "cancel");
      assert.deepEqual(cancel, { id: 2, event: "cancel", call });
      server.send({ id: 4, code: dialect.call, max_wait_ms: 50 });
      assert.equal((await server.answer(4)).stopped, "timeout");
    });

    test("arguments are checked before the client hears of the call", async (t) => {
      const server = await open(t, command);
      const { error } = await server.ask({ id: 1, code: dialect.check });
      assert.match(error, /TypeError: fs\.read: path: /);
      assert.equal(server.lines.filter(({ event }) => event !== undefined).length, 0);
    });

    test("a limit of calls stops the run", async (t) => {
      const functions = join(folder, "functions.json");
      writeFileSync(functions, '{"ask":{}}');
      const server = serve(t, command, ["--functions", functions, "--max-calls", "1"]).read();
      server.send({ id: 1, code: `${dialect.call}\n${dialect.call}` });
      await server.event(1);
      server.send({ op: "return", call: "c1", value: 1 });
      assert.equal((await server.answer(1)).stopped, "calls");
    });
  });
}

test("a file that declares functions is refused in one line if it does not", async () => {
  const junk = {
    "no JSON": "{",
    "no object": "[]",
    "no text": Buffer.of(0xff, 0xfe),
    "no name": '{"a b":{}}',
    "a name of the language": '{"await":{}}',
    "a prototype": '{"__proto__":{"description":"x"}}',
    "a prototype in a namespace": '{"fs":{"__proto__":{"x":{}}}}',
    "no option": '{"ask":{"description":"x","paramters":{}}}',
    "another type": '{"ask":{"timeout_ms":"soon"}}',
    "a string": '{"ask":"x"}',
    "too deep": `${'{"a":'.repeat(20)}{}${"}".repeat(20)}`,
    "too many": JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`f${n}`, {}]))),
  };
  for (const [what, content] of Object.entries(junk)) {
    const file = join(folder, "junk.json");
    writeFileSync(file, content);
    const { code, stdout, stderr } = await run("pyrunner", ["--jsonl", "--functions", file]);
    assert.equal(code, 2, what);
    assert.equal(stdout, "");
    assert.match(stderr, /^pyrunner: [^\n]*junk\.json[^\n]*\n$/, what);
  }
  for (const path of [join(folder, "none"), folder, "/dev/zero"]) {
    const { code, stderr } = await run("pyrunner", ["--jsonl", "--functions", path]);
    assert.equal(code, 2, path);
    assert.match(stderr, /^pyrunner: cannot read [^\n]*\n$/, path);
  }
});

test("when the input ends, runs that wait for an answer are stopped, and the exit code says so", async (t) => {
  const server = serve(t, "pyrunner").read();
  await server.ask({ id: 0, op: "functions", functions: { ask: {} } });
  server.send({ id: 1, code: "x = 5\nask()" });
  await server.event(1);
  server.send({ id: 2, code: "ask.aio\nawait ask.aio()" }, { id: 3, code: "x" });
  const ended = await server.end();
  const stopped = server.lines.filter(({ stopped }) => stopped !== undefined).map(({ id }) => id);
  assert.deepEqual(stopped, [1, 2]);
  assert.equal(server.lines.at(-1).result, "5");
  assert.deepEqual([ended.code, ended.signal], [1, null]);
  assert.match(ended.stderr, /^pyrunner: the input has ended, and runs that waited [^\n]*\n$/);
});
