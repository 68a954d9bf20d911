// The JSON lines protocol, version 1, as a program sees it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run, startJsonLines } from "./commands.mjs";

const dialects = {
  pyrunner: {
    define: "def double(x):\n    return x * 2",
    call: "print(double(21))",
    list: "squares = [n * n for n in range(5)]",
    listResult: "[0, 1, 4, 9, 16]",
    raise: "raise ValueError('no luck')",
    type: "ValueError",
    ask: "print(input())",
    echoes: true,
    slow: "import time; time.sleep(0.2); print('slow')",
    print: (text) => `print("${text}")`,
  },
  jsrunner: {
    define: "function double(x) { return x * 2 }",
    call: "console.log(double(21))",
    list: "squares = [0, 1, 2, 3, 4].map((n) => n * n)",
    listResult: "[ 0, 1, 4, 9, 16 ]",
    raise: "throw new TypeError('no luck')",
    type: "TypeError",
    ask: "console.log(prompt())",
    echoes: false,
    slow: "await new Promise((done) => setTimeout(done, 200)); console.log('slow')",
    print: (text) => `console.log("${text}")`,
  },
};

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`${command} --jsonl`, () => {
    let server;
    before(() => {
      server = startJsonLines(command);
    });
    after(async () => assert.equal(await server.end(), 0));

    test("answers the two examples of its documentation byte for byte", async () => {
      const requests = ["x = 5", dialect.print("").replace('""', "x * 2")];
      const lines = requests.map((code, index) => JSON.stringify({ id: String(index + 1), code }));
      const { stdout, code } = await run(command, ["--jsonl"], { input: lines.join("\n") });
      const first = command === "pyrunner" ? '{"id":"1"}' : '{"id":"1","result":"5"}';
      assert.equal(stdout, `${first}\n{"id":"2","output":"10\\n"}\n`);
      assert.equal(code, 0);
    });

    test("keeps a counter, a function and a list from one request to the next", async () => {
      await server.send({ id: "1", code: "counter = 0" });
      for (let count = 1; count <= 3; count++) await server.send({ id: "n", code: "counter = counter + 1" });
      assert.equal((await server.send({ id: "c", code: "counter" })).result, "3");
      assert.deepEqual(await server.send({ id: "d", code: dialect.define }), { id: "d" });
      assert.deepEqual(await server.send({ id: "e", code: dialect.call }), { id: "e", output: "42\n" });
      await server.send({ id: "l", code: dialect.list });
      const answer = await server.send({ id: "r", code: "squares" });
      const output = dialect.echoes ? { output: `${dialect.listResult}\n` } : {};
      assert.deepEqual(answer, { id: "r", ...output, result: dialect.listResult });
    });

    test("reports an uncaught error and goes on", async () => {
      const { id, error, exception, ...others } = await server.send({ id: "bad", code: dialect.raise });
      assert.equal(id, "bad");
      assert.match(error, new RegExp(`${dialect.type}: no luck`));
      assert.deepEqual(exception, { type: dialect.type, message: "no luck" });
      assert.deepEqual(others, {});
      assert.equal((await server.send({ id: "2", code: "1 + 1" })).result, "2");
    });

    test("echoes every kind of id as it was given", async () => {
      for (const id of ["6f1c2f0e-8d5b-4c7e-9b0a-3f6f6b1b2c3d", "", "é😀\n\0", 0, 17, -1.5, 1e21]) {
        assert.strictEqual((await server.send({ id, code: "" })).id, id);
      }
    });

    test("gives a cell the input that comes with it and no other", async () => {
      assert.equal((await server.send({ id: "1", code: dialect.ask, stdin: "one\ntwo" })).output, "one\n");
      const { output, exception } = await server.send({ id: "2", code: dialect.ask });
      if (command === "pyrunner") assert.equal(exception.type, "EOFError");
      else assert.equal(output, "null\n");
    });

    const malformed = [
      ["no JSON", "nonsense", ""],
      ["half an object", '{"id":"1","code":', ""],
      ["an array", '[{"id":"1","code":"1"}]', ""],
      ["a string", '"code"', ""],
      ["null", "null", ""],
      ["a number", "12", ""],
      ["two objects", '{"id":"1","code":""}{"id":"2","code":""}', ""],
      ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), ""],
      ["no id", '{"code":"1"}', "", /"id"/],
      ["an id that is an object", '{"id":{},"code":"1"}', "", /"id"/],
      ["a null id", '{"id":null,"code":"1"}', "", /"id"/],
      ["no code", '{"id":"7"}', "7", /"code"/],
      ["code that is a number", '{"id":"7","code":1}', "7", /"code"/],
      ["input that is a number", '{"id":"7","code":"","stdin":1}', "7", /"stdin"/],
      ["an unknown field", '{"id":"7","code":"","colour":"red"}', "7", /"colour"/],
      ["a field of a later version", '{"id":"7","code":"","priority":1}', "7", /"priority"/],
      ["an unknown op", '{"id":"7","op":"fly"}', "7", /"fly"/],
      ["an op without its field", '{"id":"7","op":"fork"}', "7", /"to"/],
      ["a time that cannot be", '{"id":"7","code":"","timeout_ms":0}', "7", /"timeout_ms"/],
      ["a field named __proto__", '{"id":"7","code":"","__proto__":1}', "7", /"__proto__"/],
      ["a deep nest", `{"id":"7","code":${"[".repeat(100_000)}`, ""],
    ];
    for (const [what, line, id, naming = /^Invalid JSON: /] of malformed) {
      test(`answers ${what} with an error and goes on`, async () => {
        const answer = await server.sendLine(line);
        assert.deepEqual(Object.keys(answer), ["id", "error"]);
        assert.equal(answer.id, id);
        assert.match(answer.error, naming);
        assert.equal((await server.send({ id: "2", code: "1 + 1" })).result, "2");
      });
    }

    test("skips blank lines, and takes CRLF, a byte order mark and a last line without its end", async () => {
      const request = (id) => JSON.stringify({ id, code: "" });
      const input = `\ufeff${request("a")}\r\n\n  \r\n\t\n${request("b")}\r\n${request("c")}`;
      const { stdout, stderr, code } = await run(command, ["--jsonl"], { input });
      assert.equal(stdout, '{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n');
      assert.equal(stderr, "");
      assert.equal(code, 0);
    });

    test("finishes what was asked when its input ends during a run", async () => {
      const input = `${JSON.stringify({ id: 1, code: dialect.slow })}\n${JSON.stringify({ id: 2, code: dialect.print("next") })}\n`;
      const { stdout, code } = await run(command, ["--jsonl"], { input });
      assert.equal(stdout, '{"id":1,"output":"slow\\n"}\n{"id":2,"output":"next\\n"}\n');
      assert.equal(code, 0);
    });

    test("ends at once with nothing to do", async () => {
      assert.deepEqual(await run(command, ["--jsonl"]), { code: 0, signal: null, stdout: "", stderr: "" });
    });

    test("takes five megabytes of code in one line and gives as much output", async () => {
      const text = "é".repeat(2_500_000);
      const { output } = await server.send({ id: "long", code: dialect.print(text) });
      assert.equal(output, `${text}\n`);
    });

    test("carries Unicode, NUL and lone surrogates through code, output and errors", async () => {
      assert.equal((await server.send({ id: "1", code: dialect.print("é😀\\0") })).output, "é😀\0\n");
      await server.sendLine('{"id":"\\ud800","code":"\\"\\ud800\\""}');
      await server.sendLine('{"id":"n","code":"1\\u0000"}');
      assert.equal((await server.send({ id: "2", code: "1 + 1" })).result, "2");
    });

    test("answers 10,000 requests in order, without growing", { timeout: 60_000 }, async () => {
      const { readFileSync } = await import("node:fs");
      const residentMb = () =>
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1]) / 1024;
      const ask = async (count) => {
        const answers = Array.from({ length: count }, (_, id) => server.send({ id, code: `y = ${id}` }));
        for (const [id, answer] of (await Promise.all(answers)).entries()) assert.equal(answer.id, id);
      };
      await ask(2000);
      const early = process.platform === "linux" ? residentMb() : 0;
      for (let batch = 0; batch < 4; batch++) await ask(2000);
      const grown = process.platform === "linux" ? residentMb() - early : 0;
      assert.ok(grown < 60, `grew by ${grown.toFixed(1)} MB over 8,000 requests`);
    });
  });
}
