// Memory that grows without end is an error of the program's own language, whatever grows, and the process that holds
// the session is not brought down by it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createSession } from "../../dist/index.js";
import { assertFails, runHostile } from "./hostile.mjs";

const python = [
  "b = b'x'\nwhile True: b += b",
  "b = bytearray()\nwhile True: b += b'x' * 4096",
  "s = 'x'\nwhile True: s += s",
  "'\\U0001F600' * 10 ** 8",
  "t = (0,)\nwhile True: t += t",
  "d = {}\nwhile True: d[len(d)] = bytes(1000)",
  "set(range(10 ** 9))",
  "a = 1\nwhile True: a <<= a.bit_length()",
  "1 << 7 * 10 ** 9",
  "'%1000000000d' % 1",
  "f'{1:{10 ** 9}}'",
  "'x'.center(10 ** 9)",
  "('\\t' * 1000).expandtabs(10 ** 6)",
  "('a' * 10 ** 5).translate({97: 'b' * 10 ** 5})",
  "','.join(iter(str, 1))",
  "sorted(bytes(1000) for _ in iter(int, 1))",
  "import itertools\nlist(itertools.repeat(1, 10 ** 9))",
  "import array\narray.array('d', [0]) * 10 ** 9",
  "import ctypes\nctypes.create_string_buffer(10 ** 9)",
  "import struct\nstruct.pack('1000000000x')",
  "import marshal\nmarshal.loads(b'(\\xff\\xff\\xff\\x7f')",
  "import pickle\npickle.loads(b'I1\\nr\\xff\\xff\\xff\\x7f.')",
  "import zlib\nc = zlib.compressobj(1)\nz = b''.join(c.compress(bytes(10 ** 6)) for _ in range(80)) + c.flush()\nzlib.decompress(z)",
  "import bz2\nbz2.decompress(bz2.compress(bytes(10 ** 6)) * 200)",
  "import lzma\nlzma.compress(b'x', format=lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': 2 ** 30}])",
  "import base64\nb = b'x' * 10 ** 6\nwhile True: b = base64.b64encode(b)",
  "import functools\nf = functools.lru_cache(None)(bytes)\nfor n in range(1000, 10 ** 6): f(n)",
  "open('/dev/zero', 'rb').read()",
  "import random\nrandom.getrandbits(10 ** 9)",
  "compile('x = 1\\n' * 10 ** 6, 'x', 'exec')",
];

const javaScript = [
  "new Uint8Array(1e9)",
  "'x'.padEnd(2 ** 29)",
  "'x'.padEnd(2 ** 30)",
  "Array(1e6).join('x'.repeat(1000))",
  "let s = 'x'.repeat(1e6), t = ''; for (;;) t = s + t + s",
  "'x'.repeat(1e8).split('')",
  "let a = [1]; for (;;) a = [...a, ...a]",
  "let a = [1]; for (;;) a = a.concat(a)",
  "const a = []; a.length = 2 ** 32 - 1; a.fill(0)",
  "let a = 3n; for (;;) a *= a",
  "/(?:(a)|(b)|(c))*/.exec('abc'.repeat(1e7))",
  "/(?:a|b)*?c/.exec('ab'.repeat(1e7))",
  "const a = []; for (;;) a.push(new Error('x'.repeat(1000)))",
  "const a = new Set(); for (;;) a.add({})",
  "let f = () => 1; for (;;) f = f.bind(null, f)",
  "const a = []; for (;;) a.push(new Proxy({}, {}))",
  "const a = []; for (;;) a.push((function* () { yield 1 })())",
  "const a = {}; for (let i = 0; ; i++) a['x'.repeat(1000) + i] = i",
  "new TextEncoder().encode('\\u{10FFFF}'.repeat(5e7))",
  "require('node:fs').readFileSync('/dev/zero')",
  "require('node:fs').statSync('x'.repeat(1e8))",
];

const mebibyte = 2 ** 20;
const limits = { timeoutMs: 20_000 };

/** For `check`: the program is stopped for its memory, or has wanted something that nobody can have. */
function assertMemoryStop({ stopped, exception }, code) {
  const isStopped = stopped === "memory" || (stopped === undefined && exception !== undefined);
  assert.ok(isStopped, `${stopped}: ${code}`);
}

for (const onLimit of ["raise", "stop"]) {
  test(`python: what grows without end is an error of Python's (${onLimit})`, () =>
    runHostile("python", python, {
      limits: { ...limits, memoryBytes: 64 * mebibyte, onLimit },
      check: onLimit === "raise" ? assertFails(/^MemoryError|^OverflowError|^OSError/) : assertMemoryStop,
    }));

  test(`javascript: what grows without end is an error of JavaScript's (${onLimit})`, () =>
    runHostile("javascript", javaScript, {
      limits: { ...limits, memoryBytes: 32 * mebibyte, onLimit },
      check:
        onLimit === "raise"
          ? assertFails(/out of memory|too large|too long|invalid (string|array) length|EFBIG|ENAMETOOLONG/)
          : assertMemoryStop,
    }));
}

const hoards = [
  {
    language: "python",
    hoard:
      "hoard = []\nfor n in (10 ** 6, 10 ** 5, 10 ** 4, 1000, 100, 10, 1):\n  try:\n    while True: hoard.append(bytearray(n))\n  except MemoryError: pass",
    free: "del hoard",
  },
  {
    language: "javascript",
    hoard: "var hoard; try { for (;;) hoard = [hoard] } catch {} try { for (;;) hoard = { hoard } } catch {}",
    free: "hoard = null",
  },
];
for (const { language, hoard, free } of hoards) {
  test(`${language}: a session that keeps all its memory can be told to let go of it`, async () => {
    for (const mebibytes of [48, 33, 64.5]) {
      const session = await createSession(language, { memoryBytes: mebibytes * mebibyte, timeoutMs: 20_000 });
      await session.run(hoard);
      await session.run(free);
      const { result, error } = await session.run("1 + 1");
      await session.close();
      assert.equal(result, "2", `${mebibytes} MiB: ${error}`);
    }
  });
}

test("no bomb has taken the process's own memory", { skip: process.platform !== "linux" }, () => {
  const [, peakKb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
  assert.ok(peakKb < 1024 * 1024, `${peakKb} kB`);
});
