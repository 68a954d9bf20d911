// Cells that ask a guest for everything that it can learn of time and chance.

export const pythonCells = [
  "words = {'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'}; list(words)",
  "import random; (random.random(), random.randrange(10 ** 20), random.sample(range(1000), 5), random.gauss(0, 1))",
  "import uuid, secrets; (uuid.uuid4(), uuid.uuid1(), secrets.token_hex(8), random.SystemRandom().random())",
  "import os; (os.urandom(16).hex(), open('/dev/urandom', 'rb').read(7).hex(), os.getpid(), os.times(), hash('text'))",
  `import time
(time.time(), time.time_ns(), time.monotonic(), time.perf_counter(), time.process_time(), time.gmtime()[:6],
 [time.clock_gettime(clock) for clock in (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC)], time.localtime()[:6])`,
  `import datetime
before = time.monotonic()
time.sleep(3600); time.sleep(0.0015); time.sleep(0.25)
(time.monotonic() - before, datetime.datetime.now().isoformat())`,
  `import tempfile, pathlib
path = pathlib.Path(tempfile.mkstemp()[1]); path.write_text("x"); (pathlib.Path.home() / "kept").write_text("y")
(str(path), tempfile.mkdtemp(), path.stat(), os.stat("/home/user"), os.stat("/tmp"), next(tempfile._get_candidate_names()))`,
  `import asyncio
async def main():
    loop = asyncio.get_running_loop()
    order = []
    async def later(delay, name):
        await asyncio.sleep(delay); order.append((name, loop.time()))
    await asyncio.gather(later(2, "b"), later(1, "a"), later(86400, "c"))
    return order
asyncio.run(main())`,
  `class Thing: pass
things = [Thing() for _ in range(5)]
(repr(things), [id(thing) for thing in things], {id(thing): index for index, thing in enumerate(things)}, sorted(things, key=id) == things)`,
  `import select, sqlite3, threading, sys
(select.poll().poll(5000), sqlite3.connect(":memory:").execute("select random(), datetime('now'), hex(randomblob(4))").fetchall(),
 os.stat(sys.executable) if os.path.exists(sys.executable or "-") else None, os.fstat(0), os.fstat(1), threading.get_ident(), time.get_clock_info("monotonic"))`,
];

export const javascriptCells = [
  "[Math.random(), Math.random(), [3, 1, 2].sort(() => Math.random() - 0.5)]",
  "[crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(9)), crypto.getRandomValues(new Uint32Array(2))]",
  "[new Date(), Date.now(), Date(), new Date().getTimezoneOffset(), new Date().toLocaleString()]",
  "[performance.now(), performance.timeOrigin, process.hrtime(), process.hrtime.bigint(), process.uptime()]",
  "const begun = Date.now(); await new Promise((resolve) => setTimeout(resolve, 3_600_000)); Date.now() - begun",
  `const order = [];
for (const [name, delay] of [["c", 2e9], ["a", 10], ["b", 20], ["d", 2e9]]) setTimeout(() => order.push(name, Date.now(), performance.now()), delay);
let ticks = 0; const interval = setInterval(() => { if (++ticks === 5) clearInterval(interval); }, 1000); order`,
  "[order, ticks, await Promise.race([new Promise((done) => setTimeout(done, 50, 'late')), new Promise((done) => setTimeout(done, 49.5, 'early'))])]",
  `const fs = require("fs"); fs.writeFileSync("kept", "y"); const made = fs.mkdtempSync ? fs.mkdtempSync("/tmp/x-") : "";
[made, fs.statSync("kept"), fs.statSync("/home/user"), fs.statSync("/tmp"), fs.readFileSync("/dev/null").length]`,
  "const weak = new WeakMap(); const symbols = [Symbol('a'), Symbol('b')]; [new Error('e').stack, weak, symbols, Object.keys(globalThis)]",
  "const later = setTimeout(() => {}, 1e6); [new Date(2024, 1, 1).toString(), typeof Intl]",
];
