// Python code can reach the descriptor on which its driver answers the host. Whatever it writes there, the host keeps
// no more of it than an answer may be, makes nothing of it that takes more than that, and goes on at once.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSession } from "../../dist/index.js";
import { run } from "../commands.mjs";

const child = fileURLToPath(new URL("flood-child.mjs", import.meta.url));
/** What two interpreters with an answer of 2 MiB each take, twice over. The floods took from 350 MiB up to 8 GiB. */
const mostMib = 150;

const toNowhere = "os.dup2(os.open('/dev/null', os.O_WRONLY), 1023)";
const floods = {
  "in pieces of a megabyte": "for _ in range(100): os.write(1023, b'[' * 10**6)",
  "in pieces of a megabyte, however often that fails": `for _ in range(100):
  try: os.write(1023, b'[' * 10**6)
  except OSError: pass`,
  "byte by byte": `try:
  for _ in range(1_000_000): os.write(1023, b'[')
except OSError: pass`,
  "and the null device takes its place": `try:
  while True: os.write(1023, b'[' * 10**6)
except OSError: pass
${toNowhere}`,
};
for (const [how, code] of Object.entries(floods)) {
  test(`a flood of the driver's channel takes no more memory than an answer may: ${how}`, async () => {
    const args = [child, "python", "3", `import os\n${code}`];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { takenMib, error, result } = JSON.parse(stdout);
    assert.match(error, /^Crash: the interpreter crashed: the driver('s answer was garbled| failed)$/);
    assert.equal(result, "42");
    assert.ok(takenMib < mostMib, `${takenMib} MiB`);
  });
}

const replacements = {
  "is closed": "os.close(1023)",
  "leads to the null device": toNowhere,
  "leads to a file": "os.dup2(os.open('/tmp/f', os.O_RDWR | os.O_CREAT), 1023)",
  "leads to standard output": "os.dup2(1, 1023)",
  "leads to a pipe": "reader, writer = os.pipe(); os.dup2(writer, 1023)",
};
test("a session whose channel is replaced goes on from its last checkpoint", async (t) => {
  const session = await createSession("python", { timeoutMs: 20_000 });
  t.after(() => session.close());
  await session.run("import os; kept = 6");
  await session.snapshot();
  for (const [what, code] of Object.entries(replacements)) {
    const { error, state, output = "" } = await session.run(code);
    assert.match(error, /^Crash: the interpreter crashed: the driver/, what);
    assert.equal(state, "rolled_back", what);
    assert.ok(output.length < 100, what);
    assert.equal((await session.run("kept * 7")).result, "42", what);
  }
});

test("a program that floods the channel ends with a status of its own, and is not killed", async () => {
  const flood = `import os\ntry:\n  os.write(1023, b'[' * 10**8)\nexcept OSError: pass\n${toNowhere}`;
  const { code, signal, stderr } = await run("pyrunner", ["--timeout", "1s", "-c", flood]);
  assert.equal(signal, null);
  // On a slow machine the time may be over first.
  assert.ok(code === 134 || code === 124, stderr);
  assert.match(stderr, /^pyrunner: /m);
});

test("a program that floods the channel without end is stopped at its time limit, with 124", async () => {
  const flood = "import os\nwhile True:\n  try: os.write(1023, b'[' * 10**6)\n  except OSError: pass";
  const { code, signal, stderr } = await run("pyrunner", ["--timeout", "300ms", "-c", flood]);
  assert.deepEqual([code, signal], [124, null], stderr);
});
