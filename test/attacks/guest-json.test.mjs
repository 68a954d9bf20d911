// JavaScript code decides what the host gets to read as JSON: answers to a prompt's questions, requests for files,
// modules. None of it makes the host take more than its bound, or ends anything but the guest's own call.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSession } from "../../dist/index.js";

let session;
before(async () => {
  session = await createSession("javascript");
  await session.run("var kept = 6");
});
after(() => session.close());

/** The last value of code that must not disturb the session. */
async function resultOf(code) {
  const { result, error, state } = await session.run(code);
  assert.equal(error, undefined);
  assert.equal(state, undefined);
  assert.equal((await session.run("kept")).result, "6");
  return result;
}

test("code has no say in the answer to a prompt's question, whatever it defines as `toJSON`", async () => {
  await resultOf(
    "Array.prototype.toJSON = Object.prototype.toJSON = () => JSON.parse('['.repeat(300) + ']'.repeat(300)); 0",
  );
  assert.deepEqual(await session.inspect({ kind: "complete", code: "kep" }), {
    prefix: "kep",
    items: ["kept"],
  });
  await resultOf("delete Array.prototype.toJSON; delete Object.prototype.toJSON; 0");
});

test("a session with very many and very long names is answered, with those that can be shown", async () => {
  await resultOf(`var many = {};
    for (let n = 0; n < 5000; n++) many["name" + n] = many["other" + "n".repeat(450) + n] = 0;
    many["name" + "n".repeat(1e6)] = 0;
    globalThis["long" + "n".repeat(1e6)] = class { static x = "x".repeat(1e6) }; 0`);
  const short = await session.inspect({ kind: "complete", code: "many.name" });
  assert.ok(short.items.length === 2000 && short.items.every((name) => name.startsWith("name")));
  const long = await session.inspect({ kind: "complete", code: "many.other" });
  assert.ok(long.items.length > 100);
  assert.ok(JSON.stringify(long).length < 2 ** 20);
  const { items } = await session.inspect({ kind: "variables", code: "" });
  assert.ok(items.some(({ name }) => name === "kept"));
  const described = await session.inspect({ kind: "describe", code: "many" });
  assert.ok(described.text.length < 110_000);
  assert.deepEqual(await session.inspect({ kind: "complete", code: `a.${"n".repeat(1e6)}` }), {
    prefix: "",
    items: [],
  });
  await resultOf(
    "many = undefined; for (const name in globalThis) if (name.startsWith('long')) delete globalThis[name]; 0",
  );
});

test("paths of any length are too long, like others that are", async () => {
  const code = (call) => `try { require("node:fs").${call}; "done" } catch (error) { error.code }`;
  for (const call of [
    "readFileSync(path)",
    "readFileSync(path, 'utf8')",
    "writeFileSync(path, 'x')",
    "writeFileSync(path, new Uint8Array(1))",
    "mkdirSync(path, { recursive: true })",
    "statSync(path)",
    "renameSync(path, path)",
    "symlinkSync(path, '/tmp/link')",
  ]) {
    const result = await resultOf(`var path = "/" + "x".repeat(2_000_000); ${code(call)}`);
    assert.equal(result, "'ENAMETOOLONG'", call);
  }
});

test("a request for a file that the code has forged fails, and nothing else does", async () => {
  for (const value of [
    "null",
    "[]",
    "'x'.repeat(1e6)",
    "JSON.parse('['.repeat(1000) + ']'.repeat(1000))",
    "1",
  ]) {
    // Requests have no prototype, so code reaches them only through what they hold.
    const result = await resultOf(`try {
      require("node:fs").mkdirSync("/tmp/made", { mode: { toJSON: () => ${value} } }); "made";
    } catch (error) { typeof error.message }`);
    assert.equal(result, "'string'", value);
  }
});

test("names of modules of any length are refused, and can be caught", async () => {
  for (const name of ["'./' + 'x'.repeat(2e7)", "'x'.repeat(2e7)", "'/' + '../'.repeat(1e6)"]) {
    const result = await resultOf(
      `var caught; try { await import(${name}) } catch (error) { caught = error.message } caught`,
    );
    assert.match(result, /too long/);
  }
});

test("a module of JSON that is nested without end takes the guest's memory, and not the host's", async () => {
  const child = fileURLToPath(new URL("flood-child.mjs", import.meta.url));
  const code = `globalThis.kept = 6;
    require("node:fs").writeFileSync("/tmp/deep.json", "[".repeat(2e7));
    var caught; try { await import("/tmp/deep.json") } catch (error) { caught = error }
    throw caught`;
  const { stdout } = await promisify(execFile)(process.execPath, [child, "javascript", "1", code]);
  const { takenMib, error, result } = JSON.parse(stdout);
  assert.equal(result, "42");
  assert.match(error, /deep\.json|memory|stack/);
  // The text is held a few times over; as a value it took more than a gigabyte.
  assert.ok(takenMib < 500, `${takenMib} MiB`);
});
