// Files, directories, descriptors and pipes without end, of whatever name and size, end at a limit of the session's,
// which is an error of the program's own language. The host's memory, descriptors and directories do not pay for them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../../dist/index.js";
import { runHostile, tight } from "./hostile.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-file-bombs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Each prints what it came to; `expected` is a pattern for that. */
const python = [
  [
    "no more descriptors than 1,024",
    "import os\ntry:\n  while True: last = os.open('/tmp', os.O_RDONLY)\nexcept OSError as e: print(e.strerror, last < 1024)",
    /^No file descriptors available True/,
  ],
  [
    "no more pipes either, and none holds more than 64 KiB",
    "import os\nall = []\ntry:\n  while True: all.append(os.pipe())\nexcept OSError: pass\nprint(max(os.write(w, bytes(10 ** 6)) for _, w in all))",
    /^65536/,
  ],
  [
    "files without a name count",
    "import os\nkept = []\ntry:\n  while True:\n    f = os.open('/tmp/x', os.O_CREAT | os.O_RDWR); os.unlink('/tmp/x'); os.write(f, bytes(65536)); kept.append(f)\nexcept OSError as e: print(e.strerror, len(kept) < 129)",
    /^No space left on device True/,
  ],
  [
    "a descriptor's number is no size",
    "import fcntl, os\nfor act in (lambda: os.dup2(1, 2 ** 31 - 1), lambda: os.dup2(1, 1024), lambda: fcntl.fcntl(1, fcntl.F_DUPFD, 2 ** 31 - 1)):\n  try: act()\n  except OSError as e: print(e.strerror)",
    /^(Bad file descriptor\n){2}Invalid argument/,
  ],
  [
    "directories in directories",
    "import os\nos.chdir('/tmp')\ndepth = 0\ntry:\n  while True: os.mkdir('d'); os.chdir('d'); depth += 1\nexcept OSError as e: print(e.strerror, depth < 200)",
    /^No space left on device True/,
  ],
  [
    "with the longest names",
    "import os\nos.chdir('/tmp')\nfor _ in range(100): os.mkdir('d' * 255); os.chdir('d' * 255)\ntry: os.getcwd()\nexcept OSError as e: print(e.strerror)\nos.chdir('/tmp')\nprint(sum(1 for _ in os.fwalk('.')))",
    /\n?101$/,
  ],
  [
    "names of every byte",
    "import os\nfor n in range(1, 256):\n  for name in (bytes([n]), bytes([n]) * 255, bytes([n, 0x80]), b'x' + bytes([n])):\n    if b'/' in name or name == b'.': continue\n    try: os.close(os.open(b'/tmp/' + name, os.O_CREAT | os.O_WRONLY))\n    except OSError: continue\n    assert os.listdir(b'/tmp') == [name], name\n    os.unlink(b'/tmp/' + name)\nprint('all')",
    /^all/,
  ],
  [
    "names that are no text, or more than one",
    "import os\nfor name in ('\\u202e', 'a\\nb', '\\x1b[31m', '..\\\\', '\\ufeff', '\\U0001F600' * 63, 'e\\u0301', '-rf', '%2e%2e'):\n  open('/tmp/' + name, 'w').close()\n  assert name in os.listdir('/tmp'), name\nfor name in ('\\U0001F600' * 64, 'n' * 256, '\\udcff'):\n  try: open('/tmp/' + name, 'w')\n  except OSError as e: print(e.strerror)",
    /^(Filename too long\n){2}Illegal byte sequence/,
  ],
  [
    "empty files",
    "n = 0\ntry:\n  while True: open(f'/tmp/{n}', 'w').close(); n += 1\nexcept OSError as e: print(e.strerror, n < 200)",
    /^No space left on device True/,
  ],
  [
    "links",
    "import os\nn = 0\ntry:\n  while True: os.symlink('x' * 4000, f'/tmp/{n}'); n += 1\nexcept OSError as e: print(e.strerror, n < 200)",
    /^No space left on device True/,
  ],
  [
    "links that lead to links",
    "import os\nfor n in range(39): os.symlink('/'.join([f's{n - 1}'] * 10) if n else '/tmp', f'/tmp/s{n}')\ntry: os.stat('/tmp/s38')\nexcept OSError as e: print(e.strerror)",
    /^Symbolic link loop/,
  ],
  [
    "sizes beyond all bounds",
    "import os\nf = os.open('/tmp/s', os.O_CREAT | os.O_RDWR)\nfor size in (2 ** 63 - 1, 2 ** 62, 2 ** 53, 2 ** 40, 2 ** 31):\n  for act in (lambda: os.ftruncate(f, size), lambda: os.truncate('/tmp/s', size), lambda: os.pwrite(f, b'x', size)):\n    try: print(size, act())\n    except (OSError, OverflowError): pass\nprint(os.fstat(f).st_size)",
    /^0/,
  ],
  [
    "holes cost nothing, and what is in them does",
    "import os\nn = 0\ntry:\n  while True:\n    f = os.open(f'/tmp/s{n}', os.O_CREAT | os.O_RDWR); os.ftruncate(f, 8 * 2 ** 20)\n    for at in range(0, 8 * 2 ** 20, 65536): os.pwrite(f, b'x', at + 65535)\n    os.close(f); n += 1\nexcept OSError as e: print(e.strerror, n < 2)",
    /^No space left on device True/,
  ],
  [
    "a full volume is whole",
    "import os\ntry:\n  with open('/tmp/a', 'wb') as f:\n    while True: f.write(bytes(4096))\nexcept OSError as e: print(e.strerror)\nos.unlink('/tmp/a')\nopen('/tmp/b', 'wb').write(bytes(8 * 2 ** 20 - 70000))\nprint(os.path.getsize('/tmp/b'))",
    /^No space left on device\n\d+/,
  ],
  [
    "mapped files and memory",
    "import mmap\nf = open('/tmp/a', 'w+b'); f.truncate(8 * 10 ** 6)\nmaps = []\ntry:\n  while True: maps.append(mmap.mmap(f.fileno(), 0))\nexcept OSError as e: print(e.strerror)\ndel maps\ntry: mmap.mmap(-1, 2 ** 31 - 1)\nexcept (OSError, OverflowError): print('refused')",
    /^Out of memory\nrefused/,
  ],
  [
    "a mapping longer than what it was made of",
    "import mmap\nf = open('/tmp/a', 'w+b'); f.truncate(10)\nm = mmap.mmap(f.fileno(), 10)\nf.truncate(1)\nm[:] = b'x' * 10\nm.flush(); m.close()\nprint(open('/tmp/a').read())",
    /^x/,
  ],
  [
    "more buffers or bytes than one call takes",
    "import os\nfor many in ([b'x'] * 1025, [bytes(10 ** 7)] * 1024):\n  try: print(os.writev(1, many))\n  except OSError as e: print(e.strerror)",
    /^(Invalid argument\n)+/,
  ],
  [
    "a directory that changes while it is listed",
    "import os\nn = 0\nopen('/tmp/x', 'w').close()\nwith os.scandir('/tmp') as found:\n  for entry in found:\n    os.unlink(entry.path); n += 1\n    if n < 1000: open(f'/tmp/y{n}', 'w').close()\nprint('over')",
    /^over/,
  ],
  [
    "a working directory that is gone",
    "import os\nos.mkdir('/tmp/d'); os.chdir('/tmp/d'); os.rmdir('/tmp/d')\nfor act in (os.getcwd, lambda: open('x', 'w'), lambda: os.mkdir('x'), lambda: os.listdir('..')):\n  try: print(act())\n  except OSError as e: print(e.errno)",
    /^\d+\n\d+\n\d+/,
  ],
  [
    "everything removed",
    "import os, shutil\nshutil.rmtree('/', ignore_errors=True)\nprint(sorted(os.listdir('/')))",
    /^\['dev', 'usr'\]/,
  ],
  [
    "times beyond all bounds",
    "import os\nopen('/tmp/a', 'w').close()\nfor time in (2 ** 62, -2 ** 62, 1e300, float('nan')):\n  try: os.utime('/tmp/a', (time, time))\n  except (OSError, OverflowError, ValueError): pass\n  os.stat('/tmp/a')\nprint('all')",
    /^all/,
  ],
  [
    "no devices, processes, sockets",
    "import os, socket\nprint(len(os.listdir('/dev')))\nfor act in (lambda: socket.socket(), lambda: os.fork(), lambda: os.system('id'), lambda: os.execv('/bin/sh', ['sh']), lambda: open('/dev/mem', 'rb'), lambda: os.listdir('/proc')):\n  try: act(); print('did')\n  except (OSError, NotImplementedError): pass",
    /^5$/,
  ],
];

const javaScript = [
  [
    "empty files",
    "const fs = require('node:fs'); let n = 0; try { for (;;) fs.writeFileSync('/tmp/' + n++, '') } catch (e) { console.log(e.code, n < 200) }",
    /^ENOSPC true/,
  ],
  [
    "directories in directories",
    "const fs = require('node:fs'); try { fs.mkdirSync('/tmp' + '/d'.repeat(1500), { recursive: true }) } catch (e) { console.log(e.code) } fs.rmSync('/tmp/d', { recursive: true }); console.log(fs.readdirSync('/tmp').length)",
    /^ENOSPC\n0/,
  ],
  [
    "files too large",
    "const fs = require('node:fs'); for (const act of [() => fs.writeFileSync('/tmp/a', new Uint8Array(2e7)), () => fs.copyFileSync('/dev/zero', '/tmp/a'), () => { for (;;) fs.appendFileSync('/tmp/b', 'x'.repeat(1e5)) }]) try { act() } catch (e) { console.log(e.code) }",
    /^ENOSPC\nENOSPC\nE(NOSPC|FBIG)/,
  ],
  [
    "sizes beyond all bounds",
    "const fs = require('node:fs'); fs.writeFileSync('/tmp/a', ''); for (const n of [2 ** 63, 2 ** 53, -1, 1e12, 1.5, NaN, Infinity]) try { fs.truncateSync('/tmp/a', n) } catch {} console.log(fs.statSync('/tmp/a').size)",
    /^[01]$/,
  ],
  [
    "arguments of every kind",
    "const fs = require('node:fs'); for (const a of [{ toString() { throw 1 } }, Symbol(), null, -1, {}, [], new Proxy({}, {}), 5n, NaN, '\\0', '\\ud800']) for (const name of Object.keys(fs)) try { fs[name](a, a, a) } catch {} console.log('all')",
    /^all/,
  ],
  [
    "times beyond all bounds",
    "const fs = require('node:fs'); fs.writeFileSync('/tmp/a', ''); for (const t of [1e300, -1e300, NaN, Infinity, 8.64e15]) { try { fs.utimesSync('/tmp/a', t, t) } catch {} fs.statSync('/tmp/a') } console.log('all')",
    /^all/,
  ],
];

for (const [language, bombs] of [
  ["python", python],
  ["javascript", javaScript],
]) {
  test(`${language}: what is made without end ends at a limit, and what has no bounds is refused`, async () => {
    const named = new Map(bombs.map(([what, code, expected]) => [code, { what, expected }]));
    await runHostile(language, [...named.keys()], {
      // The programs go on after errors of all kinds.
      limits: { timeoutMs: 20_000, onLimit: "raise" },
      check({ output, error }, code) {
        const { what, expected } = named.get(code);
        assert.equal(error, undefined, what);
        assert.match(output.trimEnd(), expected, what);
      },
    });
  });
}

const isLinux = process.platform === "linux";
const descriptors = () => readdirSync("/proc/self/fd").length;

test("a guest in a mount holds at most so many of the host's descriptors, and none after its end", {
  skip: !isLinux,
}, async () => {
  const mount = join(folder, "held");
  mkdirSync(mount);
  const before = descriptors();
  const session = await createSession("python", {
    ...tight,
    timeoutMs: 20_000,
    mounts: [{ hostPath: mount, guestPath: "/m", mode: "rw" }],
  });
  const own = descriptors() - before;
  const { error, output } = await session.run(`
import os
os.chdir("/m")
for level in range(500): os.mkdir("d"); os.chdir("d")
for _ in range(500): os.chdir("..")
os.chdir("/m")
kept = []
try:
  while True: kept.append(os.open(f"f{len(kept)}", os.O_CREAT | os.O_RDWR | os.O_APPEND))
except OSError as e: print(len(kept) < 1024)
for f in kept: os.write(f, b"x")`);
  assert.deepEqual([error, output], [undefined, "True\n"]);
  const most = 2 * 1024 + 200;
  assert.ok(descriptors() - before <= most, `${descriptors() - before} descriptors`);
  assert.equal((await session.run("for f in kept: os.close(f)\nlen(kept) > 100")).result, "True");
  assert.ok(descriptors() - before <= own + 200);
  await session.close();
  assert.ok(descriptors() - before <= own);
});
