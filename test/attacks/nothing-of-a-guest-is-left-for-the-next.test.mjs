// The memory of a guest that ended well serves the next one in its thread. The next one may look at every byte of it, and
// finds nothing of what was there.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { suite, test } from "node:test";
import { createPool, createSession } from "../../dist/index.js";
import { unseal } from "./forge-snapshot.mjs";

/** Ways for a guest to leave `SECRET` behind. Those that end the interpreter begin with its name. */
const hidings = {
  python: [
    "kept = [secret + str(n).encode() for n in range(20000)]",
    "import os\nfor n in range(200):\n  with open(f'/tmp/{n}', 'wb') as file: file.write(secret * 1000)",
    "import os; os.environ['S'] = secret.decode(); os.putenv('T', secret.decode())",
    "import sys; sys.stdout.write(secret.decode()); sys.stderr.write(secret.decode())",
    "import ctypes\nfor at in range(62 * 65536, 200 * 65536, 64): (ctypes.c_char * 39).from_address(at)[:] = secret",
    "import ctypes\nfor at in range(410 * 65536, 480 * 65536 - 64, 64): (ctypes.c_char * 39).from_address(at)[:] = secret",
    "def f(n, s): return f(n + 1, s + secret[:n % 40])\nf(0, secret)",
    "import decimal, json, sys; sys.modules[secret.decode()] = sys.intern(secret.decode() * 100)",
    "import threading, asyncio; loop = asyncio.new_event_loop(); loop.call_later(10 ** 6, print, secret)",
    "import signal; signal.signal(2, lambda *a, s=secret: s)",
    "import builtins; builtins.kept = secret * 10000; raise Exception(secret)",
    "import sys; kept = secret * 100; sys.exit(secret.decode())",
    "kept = secret * 10000; import os; os._exit(3)",
    "kept = secret * 500000",
  ],
  javascript: [
    "globalThis.kept = Array.from({ length: 5000 }, (_, n) => secret + n)",
    "const fs = await import('fs'); for (let n = 0; n < 50; n++) fs.writeFileSync('/tmp/' + n, secret.repeat(1000))",
    "console.log(secret); console.error(secret)",
    "function f(n, s) { return f(n + 1, s + secret) } f(0, secret)",
    "Object.prototype[secret] = Symbol.for(secret); setTimeout(() => secret, 0)",
    "const bytes = new Uint8Array(1e6); bytes.set(Array.from(secret, (c) => c.charCodeAt(0)), 7)",
    "globalThis.kept = secret.repeat(1000); process.exit(3)",
    "throw new Error(secret)",
    "globalThis.kept = secret.repeat(1e6)",
  ],
};

/** Gives how often a secret is found in all of the memory: the guest that looks does not know any. */
const look = `
import ctypes, re
def look():
    found = 0
    for at in range(16, 480 * 65536 - 65536, 32768):
        piece = (ctypes.c_char * 65536).from_address(at)
        found += len(re.findall(b"SECRET-[0-9a-f]{32}", piece))
    return found
`;

const newSecret = () => `SECRET-${randomBytes(16).toString("hex")}`;

/** The code that makes the secret does not hold it in the form in which it is looked for. */
function hide(language, secret, hiding) {
  const halves = [secret.slice(0, 20), secret.slice(20)].map((half) => JSON.stringify(half));
  return language === "python"
    ? `secret = (${halves.join(" + ")}).encode()\n${hiding}`
    : `const secret = ${halves.join(" + ")};\n${hiding}`;
}

/** Whether the pages of a snapshot, or its files, tell the secret: where the image has none, a page is as it is. */
async function tells(session, secret) {
  const { pages, files } = unseal(await session.snapshot());
  return pages.includes(secret) || files.includes(secret);
}

for (const [language, programs] of Object.entries(hidings)) {
  suite(language, () => {
    test("what looks finds a secret that is there", async () => {
      const session = await createSession(language);
      const secret = newSecret();
      await session.run(hide(language, secret, programs[0]));
      assert.ok(await tells(session, secret));
      if (language === "python") assert.ok(Number((await session.run(`${look}look()`)).result) > 0);
      await session.close();
    });

    for (const hiding of programs) {
      test(`after ${hiding.slice(0, 60).replaceAll("\n", " ")}`, async () => {
        // Without checkpoints, a guest that exits is followed by a new one in the same thread, as after a reset.
        const session = await createSession(language, { checkpoints: false });
        const secret = newSecret();
        for (let turn = 0; turn < 2; turn++) {
          await session.run(hide(language, secret, hiding));
          await session.reset();
          assert.ok(!(await tells(session, secret)), "the new guest's state holds the secret");
          if (language === "python") assert.equal((await session.run(`${look}look()`)).result, "0");
        }
        await session.close();
      });
    }

    test("of runs in a pool none finds what another left", async () => {
      const pool = await createPool(language);
      const ask =
        language === "python"
          ? `${look}look(), 'secret' in globals(), __import__('os').listdir('/tmp')`
          : "[typeof secret, typeof kept, (await import('fs')).readdirSync('/tmp').length].join()";
      const expected = language === "python" ? "(0, False, [])" : "'undefined,undefined,0'";
      for (const hiding of programs) {
        await pool.run(hide(language, newSecret(), hiding));
        assert.equal((await pool.run(ask)).result, expected, hiding);
      }
      await pool.close();
    });
  });
}
