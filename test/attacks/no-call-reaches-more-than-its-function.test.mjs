// A guest's code can write whatever it likes where its driver calls the host's functions: it harms itself at most.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createSession } from "wasm-repl";
import { seededRandom } from "./random.mjs";

const opened = [];
after(() => Promise.all(opened.map((session) => session.close())));

async function open(functions, options = {}) {
  const session = await createSession("python", { functions, timeoutMs: 20_000, ...options });
  opened.push(session);
  return session;
}

/** A new session of the process still works, and so does this one, if only after a reset. */
async function assertSound(session) {
  await session.reset();
  assert.equal((await session.run("f(1)")).result, "1");
}

const echo = { f: (x) => x };

const channel = `
import os, struct, json
def frame(head, *parts):
  head = head if isinstance(head, bytes) else json.dumps(head).encode()
  sizes = b"".join(struct.pack("<I", len(part)) for part in parts)
  body = struct.pack("<I", len(parts)) + sizes + head + b"".join(parts)
  return struct.pack("<I", len(body)) + body
def send(*frames):
  try: return os.write(1022, b"".join(frames))
  except OSError as error: return error.errno
`;

test("junk on the descriptor is refused, and the next call works", async () => {
  const session = await open(echo);
  const random = seededRandom(7);
  await session.run(channel);
  const junk = Array.from({ length: 200 }, () => {
    const length = 1 + random(40);
    return `bytes([${Array.from({ length }, () => random(256)).join(",")}])`;
  });
  for (const piece of [
    ...junk,
    'struct.pack("<I", 0xffffffff)',
    'struct.pack("<II", 8, 0xffffffff)',
    'struct.pack("<III", 8, 1, 0xffffffff)',
    'frame(b"[]")',
    'frame(b"{}")',
    'frame(b\'{"call":1e99,"name":"f"}\', b\'[[],{}]\')',
    "frame({'call': 7, 'name': 'f'})",
    "frame({'call': 7}, b'[[],{}]')",
    "frame({'call': 'x', 'name': 'f'}, b'[[],{}]')",
    "frame({'display': 0})",
    "frame({'wait': 'x'})",
    "frame(b'{' * 10000)",
  ]) {
    await session.run(`os.write(1022, ${piece})`);
    // What is half a frame waits for its rest; what follows makes it a whole one, or none.
    const { result, error } = await session.run("try: r = f(1)\nexcept Exception as e: r = 1\nr");
    assert.equal(error, undefined, piece);
    assert.equal(result, "1");
  }
  await assertSound(session);
});

test("calls with forged names, ids and arguments reach no function but those that were given", async () => {
  let calls = 0;
  const session = await open({
    ...echo,
    count: () => ++calls,
    typed: { parameters: { properties: { n: { type: "number" } } }, run: ({ n }) => n },
  });
  await session.run(channel);
  const names = ["constructor", "__proto__", "toString", "count.call", "f.constructor", "", "x".repeat(5000)];
  for (const [index, name] of names.entries()) {
    await session.run(`send(frame({'call': ${1000 + index}, 'name': ${JSON.stringify(name)}}, b'[[],{}]'))`);
  }
  for (const [index, args] of [
    "null",
    "5",
    "[]",
    "[1]",
    "[[],1]",
    '["x",{}]',
    "[[],{}] x",
    "[[[[",
    '[[{"$bytes":99}],{}]',
    '[[],{"__proto__":{"n":"x"}}]',
    '{"0":[],"1":{}}',
    "[".repeat(100_000),
  ].entries()) {
    for (const name of ["f", "typed"]) {
      await session.run(
        `send(frame({'call': ${2000 + 2 * index + (name === "f" ? 0 : 1)}, 'name': '${name}'}, b'${args}'))`,
      );
    }
  }
  // A call with the id of one that waits does not answer it.
  const { result } = await session.run(`
async def both():
  import asyncio
  task = asyncio.create_task(f.aio('mine'))
  await asyncio.sleep(0)
  send(*[frame({'call': id, 'name': 'count'}, b'[[],{}]') for id in range(1, 40)])
  return await task
await both()`);
  // Whatever harm that does is its own.
  assert.match(result, /^('mine'|\d+)$/);
  assert.ok(calls <= 40);
  assert.equal({}.n, undefined);
  await assertSound(session);
});

test("a descriptor that is closed, or is another file's, fails the call and not the session", async () => {
  for (const change of [
    "os.close(1022)",
    "os.dup2(os.open('/tmp/x', os.O_RDWR | os.O_CREAT), 1022)",
    "os.dup2(os.open('/dev/zero', os.O_RDWR), 1022)",
    "os.dup2(os.open('/dev/null', os.O_RDWR), 1022)",
    "os.dup2(1, 1022)",
  ]) {
    const session = await open(echo, { timeoutMs: 500 });
    await session.run(`import os\n${change}`);
    const { error } = await session.run("f(1)");
    assert.notEqual(error, undefined, change);
    assert.equal((await session.run("1 + 1")).result, "2");
    await assertSound(session);
  }
});

test("calls without end stop at their limit, also where the code catches the stop and calls again", async () => {
  let calls = 0;
  const count = () => ++calls;
  for (const code of [
    "while True: count()",
    "import asyncio\nawait asyncio.gather(*[count.aio() for _ in range(10_000)])",
    "while True:\n  try:\n    while True: count()\n  except BaseException: pass",
    "import asyncio\nwhile True:\n  try: await asyncio.gather(*[count.aio() for _ in range(50)])\n  except BaseException: pass",
    "def again():\n  try: count()\n  finally: again()\nagain()",
  ]) {
    calls = 0;
    const session = await open({ ...echo, count }, { maxCalls: 500 });
    const { stopped } = await session.run(code);
    assert.equal(stopped, "calls", code);
    assert.equal(calls, 500);
    await assertSound(session);
  }
});

test("calls from where no code should run, and from what looks like threads, end like others", async () => {
  const session = await open(echo);
  for (const [code, expected] of [
    ["class D:\n  def __del__(self): seen.append(f(2))\nseen = []\nd = D(); del d\nseen", "[2]"],
    [
      "import weakref\nclass W: pass\nw = W(); r = weakref.ref(w, lambda _: seen.append(f(3)))\ndel w\nseen[-1]",
      "3",
    ],
    ["import asyncio\nasyncio.run(asyncio.to_thread(f, 4))", "4"],
    [
      "from concurrent.futures import ThreadPoolExecutor\ntry: x = ThreadPoolExecutor().submit(f, 5).result()\nexcept RuntimeError: x = 5\nx",
      "5",
    ],
    [
      "import sys\nseen = []\nsys.settrace(lambda *a: seen.append(f(6)) if not seen else None)\n(lambda: 0)()\nsys.settrace(None)\nseen[0]",
      "6",
    ],
    ["class H:\n  def __repr__(self): return str(f(7))\nH()", "7"],
    ["sorted([3, 1, 2], key=f)", "[1, 2, 3]"],
    ["class L(list):\n  def __iter__(self): return iter([f(8)])\nf(L([1]))", "[8]"],
  ]) {
    const { result, error } = await session.run(code);
    assert.equal(error, undefined, code);
    assert.equal(result?.split("\n").at(-1), expected, code);
  }
});

test("interrupts at random moments of calls break nothing", async () => {
  const session = await open({ ...echo, slow: (x) => new Promise((resolve) => setImmediate(resolve, x)) });
  const random = seededRandom(11);
  const code = `
import asyncio
async def one(i):
  return await slow.aio(i) + f(i)
for _ in range(1000):
  await asyncio.gather(*[one(i) for i in range(10)])
  slow(1)`;
  await session.run("x = 1; import asyncio");
  for (let round = 0; round < 40; round++) {
    let isOver = false;
    const running = session.run(code).finally(() => {
      isOver = true;
    });
    const delay = random(30);
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (!isOver) session.interrupt();
    const { stopped, state, error } = await running;
    assert.equal(stopped, "interrupt", error);
    assert.equal(state, "kept");
    assert.equal((await session.run("x + f(1)")).result, "2");
  }
});

test("a host that has answered too late, twice, or with what is enormous does no harm", async () => {
  let finish;
  const session = await open(
    {
      ...echo,
      late: { timeoutMs: 10, run: () => new Promise((resolve) => (finish = resolve)) },
      twice: () =>
        new Promise((resolve, reject) => {
          resolve(1);
          resolve(2);
          reject(new Error("no"));
        }),
      large: () => new Uint8Array(100 * 1024 * 1024),
      long: () => "x".repeat(100 * 1024 * 1024),
      // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
      thenable: () => ({ then: (resolve) => resolve(3) }),
      getter: () => ({
        get x() {
          throw new Error("from a getter");
        },
      }),
    },
    {},
  );
  assert.match((await session.run("late()")).error, /TimeoutError/);
  finish(5);
  assert.equal((await session.run("twice()")).result, "1");
  for (const name of ["large", "long"]) {
    assert.match(
      (await session.run(`${name}()`)).error,
      /TypeError: what \w+ gave cannot cross: it is larger/,
    );
  }
  assert.equal((await session.run("thenable()")).result, "3");
  assert.match((await session.run("getter()")).error, /reading it failed: from a getter/);
  await assertSound(session);
});
