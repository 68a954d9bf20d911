// The Model Context Protocol as its own clients speak it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { run } from "./commands.mjs";
import { connect, kinds, textOf } from "./mcp-clients.mjs";

const tools = ["write_file", "read_file", "list_files", "reset", "fork", "sessions"];
/** One pixel. */
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

for (const [kind, description] of Object.entries(kinds)) {
  describe(`${kind} with pyrunner --mcp`, () => {
    let server;
    before(async () => {
      server = await connect("pyrunner", [], description);
    });
    after(() => server.close());

    test("comes to speak the revision that both know", () => {
      const { client } = server;
      const revision = client.getNegotiatedProtocolVersion?.() ?? description.revision;
      assert.equal(revision, description.revision);
      assert.equal(client.getServerVersion().name, "pyrunner");
      assert.match(client.getInstructions(), /sandbox for Python/);
    });

    test("finds every tool, with schemas and annotations", async () => {
      const found = (await server.client.listTools()).tools;
      assert.deepEqual(
        found.map(({ name }) => name),
        ["run_python", ...tools],
      );
      for (const { description, inputSchema, outputSchema, annotations } of found) {
        assert.ok(description.length > 20);
        assert.equal(inputSchema.additionalProperties, false);
        assert.equal(outputSchema.type, "object");
        assert.equal(typeof annotations.readOnlyHint, "boolean");
      }
    });

    test("runs code, whose state stays", async () => {
      await server.run("x = 20");
      const { content, structuredContent, isError } = await server.run("x + 1");
      assert.deepEqual(content, [{ type: "text", text: "21" }]);
      assert.equal(structuredContent.result, "21");
      assert.equal(isError, undefined);
    });

    test("gets a traceback as a result, and as data", async () => {
      const { content, structuredContent, isError } = await server.run("def f(): return 1 / 0\nf()");
      assert.equal(isError, true);
      assert.match(content[0].text, /line 2, in <module>(.|\n)*ZeroDivisionError: division by zero/);
      assert.match(structuredContent.error, /ZeroDivisionError/);
    });

    test("gets pictures as images", async () => {
      const { content, structuredContent } = await server.run(
        `import base64\nprint("here")\ndisplay({"image/png": base64.b64decode("${png}")}, raw=True)`,
      );
      assert.deepEqual(content, [
        { type: "text", text: "here" },
        { type: "image", mimeType: "image/png", data: png },
      ]);
      assert.equal(structuredContent.pictures, 1);
    });

    test("writes, lists and reads files, which the code sees", async () => {
      await server.call("write_file", { path: "data/in.txt", content: "héllo" });
      assert.equal((await server.run("open('data/in.txt').read()")).structuredContent.result, "'héllo'");
      const wrote = await server.run("open('out.csv', 'w').write('a,b\\n')");
      assert.deepEqual(wrote.structuredContent.files, [
        { path: "/home/user/out.csv", bytes: 4, change: "created" },
      ]);
      assert.equal(await server.text("list_files"), "data/\nout.csv  4 bytes");
      assert.equal(await server.text("read_file", { path: "out.csv" }), "a,b\n");
      await server.call("write_file", { path: "p.png", content: png, encoding: "base64" });
      assert.equal((await server.call("read_file", { path: "p.png" })).content[1].data, png);
    });

    test("has files as resources", async () => {
      await server.call("write_file", { path: "a b.json", content: "{}" });
      const { resources } = await server.client.listResources();
      const found = resources.find(({ name }) => name === "a b.json");
      assert.deepEqual(found, {
        uri: "sandbox://default/home/user/a%20b.json",
        name: "a b.json",
        size: 2,
        mimeType: "application/json",
      });
      const { contents } = await server.client.readResource({ uri: found.uri });
      assert.deepEqual(contents, [{ uri: found.uri, mimeType: "application/json", text: "{}" }]);
    });

    test("hears what a run writes while it runs", async () => {
      let heard = "";
      let goOn;
      const isHeard = new Promise((resolve) => {
        goOn = resolve;
      });
      const onprogress = ({ message }) => {
        heard += message;
        goOn();
      };
      const abort = new AbortController();
      const answer = server.run(
        "print('begun', flush=True)\nwhile True: pass",
        {},
        { onprogress, signal: abort.signal },
      );
      answer.catch(() => {});
      await isHeard;
      assert.match(heard, /^begun/);
      abort.abort();
      await assert.rejects(answer);
      // The run was stopped, or this would wait for its time limit.
      assert.equal((await server.run("x")).structuredContent.result, "20");
    });

    test("gets long output with its middle left out, and a file that holds all of it", async () => {
      const { content, structuredContent } = await server.run("print('a' * 30_000, 'b' * 30_000)");
      const [{ text }] = content;
      assert.match(
        text,
        /^a{10000}\n\[… 40002 characters left out …\]\nb{9999}\n\[all of it is in \/tmp\/last-output.txt\]$/,
      );
      assert.ok(structuredContent.output.length < 20_100);
      const { result } = (await server.run(`len(open('${structuredContent.whole_output}').read())`))
        .structuredContent;
      assert.equal(result, "60002");
    });

    test("forks a session before a risky step, and goes back", async () => {
      await server.run("state = 'good'");
      await server.call("fork", { to: "before" });
      await server.run("state = 'spoilt'");
      assert.match(await server.text("fork", { to: "before" }), /there is a session before already/);
      await server.call("fork", { session: "before", to: "default", replace: true });
      assert.equal((await server.run("state")).structuredContent.result, "'good'");
      assert.equal(await server.text("sessions"), "before\ndefault");
      await server.call("reset", { session: "before", remove: true });
      assert.equal(await server.text("sessions"), "default");
      await server.call("reset");
      assert.match(textOf(await server.run("state")), /NameError/);
    });
  });
}

test("jsrunner --mcp runs JavaScript", async () => {
  const server = await connect("jsrunner");
  try {
    const [{ name, description }] = (await server.client.listTools()).tools;
    assert.equal(name, "run_javascript");
    assert.match(description, /Runs JavaScript \(QuickJS-ng\)/);
    await server.run("const x = await Promise.resolve(6)");
    assert.equal(textOf(await server.run("console.log('a'); x * 7")), "a\n42");
    const { content } = await server.run(`display({ "image/png": Buffer.from("${png}", "base64") })`);
    assert.equal(content[1].data, png);
    assert.match(textOf(await server.run("nope()")), /ReferenceError: nope is not defined/);
  } finally {
    await server.close();
  }
});

test("--timeout is the most that a call may ask for", async () => {
  const server = await connect("pyrunner", ["--timeout", "300ms"]);
  try {
    const { structuredContent, content } = await server.run("x = 5\nwhile True: pass");
    assert.equal(structuredContent.stopped, "timeout");
    assert.match(textOf({ content }), /Do less in one call \(300 ms is the most\).* is kept\.\]$/);
    assert.equal(
      textOf(await server.run("x", { timeout_ms: 301 })),
      "timeout_ms must be a whole number from 1 to 300, not 301",
    );
    assert.equal(textOf(await server.run("x", { timeout_ms: 300 })), "5");
  } finally {
    await server.close();
  }
});

test("--session keeps the sessions in a directory for the next server", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-mcp-"));
  try {
    const first = await connect("pyrunner", ["--session", folder]);
    await first.run("x = 1", { session: "work" });
    await first.close();
    const second = await connect("pyrunner", ["--session", folder]);
    assert.equal(await second.text("sessions"), "default\nwork");
    assert.equal(textOf(await second.run("x", { session: "work" })), "1");
    await second.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("mounts are told of, and seen", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-mcp-"));
  try {
    const server = await connect("pyrunner", ["--mount", `${folder}:/data:rw`]);
    const [{ description, annotations }] = (await server.client.listTools()).tools;
    assert.match(description, /this machine's files, except \/data \(which can be changed\)/);
    assert.equal(annotations.destructiveHint, true);
    await server.call("write_file", { path: "/data/x.txt", content: "1" });
    assert.equal(await server.text("read_file", { path: "/data/x.txt" }), "1");
    await server.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("options that make no sense together are refused with a line that says why", async () => {
  const { code, stderr, stdout } = await run("pyrunner", ["--mcp", "--jsonl"]);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^pyrunner: --mcp does not go with --jsonl: .*\n$/);
  const missing = await run("pyrunner", ["--mcp", "--mount", "/no/such/directory:/data"]);
  assert.equal(missing.code, 2);
});

test("the configuration in docs/mcp.md starts both servers", async () => {
  const page = readFileSync(new URL("../docs/mcp.md", import.meta.url), "utf8");
  const [, text] = /## Configuration\n(?:.|\n)*?```json\n((?:.|\n)*?)```/.exec(page);
  const { mcpServers } = JSON.parse(text);
  assert.deepEqual(Object.keys(mcpServers), ["python", "javascript"]);
  for (const { command, args } of Object.values(mcpServers)) {
    const [yes, option, name, runner, ...own] = args;
    // What npx starts is what the package calls so; see package.test.mjs.
    assert.deepEqual([command, yes, option, name], ["npx", "-y", "-p", "wasm-repl"]);
    assert.equal(own.shift(), "--mcp");
    const server = await connect(runner, own);
    assert.equal(textOf(await server.run("6 * 7")), "42");
    await server.close();
  }
});
