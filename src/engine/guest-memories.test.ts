import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { defaultStackBytes } from "../guest/quickjs/stack.js";
import { nodePlatform } from "../node/platform.js";
import { readBundledModule } from "../node/runtimes/bundled.js";
import { nodeGuestPlatform } from "../node/threads/guest-platform.js";
import { guestOptions } from "../session/options.js";
import { type StockBuild, stockBuildSkip, unpackStockBuild } from "../session/test-stock-build.js";
import { BinaryReader } from "../wasm/binary.js";
import { rewriteModule } from "../wasm/rewrite.js";
import { readSections, sectionIds } from "../wasm/sections.js";
import { createGuestMemories, type GuestMemories } from "./guest-memories.js";
import { openGuest, prepareGuest } from "./guest-server.js";
import type { Runtime } from "./runtime.js";

const options = guestOptions({ checkpoints: false });

function hostWith(memories: GuestMemories) {
  return {
    signals: { take: () => 0 as const, wait: () => false },
    platform: nodeGuestPlatform(defaultStackBytes),
    memories,
    send() {},
    ask: () => new TextEncoder().encode("typed ahead\nand more"),
  };
}

/** The module with all its globals and tables exported, by their indices. */
function opened(bytes: Uint8Array): WebAssembly.Module {
  const module = new WebAssembly.Module(bytes);
  const sections = readSections(bytes);
  const count = (id: number) => {
    const contents = sections.find((section) => section.id === id)?.contents;
    return contents === undefined ? 0 : new BinaryReader(contents).u32();
  };
  const imported = (kind: string) =>
    WebAssembly.Module.imports(module).filter((entry) => entry.kind === kind).length;
  const all = (kind: "global" | "table", own: number) =>
    Array.from({ length: imported(kind) + own }, (_, index) => ({ name: `${kind} ${index}`, kind, index }));
  const addExports = [...all("global", count(sectionIds.global)), ...all("table", count(sectionIds.table))];
  return new WebAssembly.Module(rewriteModule(bytes, { addExports }));
}

/** Everything that the instance made last consists of. Functions are named by their numbers. */
function takeStock(instance: WebAssembly.Instance, memory: WebAssembly.Memory) {
  const { exports } = instance;
  const parts = Object.entries(exports);
  return {
    bytes: Buffer.from(memory.buffer.slice(0)),
    globals: parts.flatMap(([name, part]) =>
      part instanceof WebAssembly.Global ? [`${name} = ${String(part.value)}`] : [],
    ),
    tables: parts.flatMap(([name, part]) =>
      part instanceof WebAssembly.Table
        ? [`${name}: ${Array.from({ length: part.length }, (_, at) => String(part.get(at)?.name))}`]
        : [],
    ),
  };
}

const write = "import ctypes\ndef write(at): (ctypes.c_char * 6).from_address(at)[:] = b'secret'\n";

/** What leaves traces and comes back, or exits; what makes the memory grow; what crashes. */
const python = [
  "1 + 1",
  "import json, decimal, unittest.mock, asyncio, ctypes, threading, http.client",
  "open('/tmp/secret', 'w').write('x' * 100000); import os; os.chdir('/tmp'); os.environ['SECRET'] = 'yes'",
  "import os; kept = [os.open('/tmp/f%d' % n, os.O_CREAT | os.O_RDWR) for n in range(200)]; os.dup2(kept[0], 1)",
  "import builtins, sys; builtins.print = None; builtins.len = lambda x: 7; sys.modules.clear(); sys.path[:] = []",
  "import signal, sys, gc; signal.signal(2, lambda *a: None); sys.setrecursionlimit(77); gc.disable(); sys.settrace(lambda *a: None)",
  "def f(n): return f(n + 1)\nf(0)",
  "import re\nre.match('(a|a)*b', 'a' * 15)",
  "import sys; sys.stdout.write('half a line'); sys.stdout.buffer.write(b'\\xe2\\x82')",
  "input(); import sys; sys.stdin.buffer.peek()",
  "import sys; sys.exit(3)",
  "import os; os._exit(4)",
  "import atexit, os; atexit.register(os._exit, 5); raise SystemExit",
  "raise BaseException('at the top')",
  "class E(Exception):\n  def __str__(self): raise self\nraise E",
  `${write}for at in range(62 * 65536, 200 * 65536, 1024): write(at)`,
  `${write}for at in range(410 * 65536, 480 * 65536, 512): write(at)`,
  `${write}write(480 * 65536 - 6); write(0)`,
  "import asyncio\nasync def forever():\n  await asyncio.sleep(10 ** 9)\nloop = asyncio.new_event_loop(); loop.create_task(forever())",
  "import mmap; kept = mmap.mmap(-1, 65536)",
  "kept = bytearray(b'secret') * 2000000",
  "import ctypes\nfor at in range(2 ** 16, 2 ** 24, 512): ctypes.c_uint32.from_address(at).value ^= 0x8000",
  "import os; os.abort()",
];
const javaScript = [
  "1 + 1",
  "const secret = 'x'.repeat(100000); globalThis.kept = [secret + 1, secret + 2]",
  "(await import('fs')).writeFileSync('/tmp/secret', 'x'.repeat(100000))",
  "Array.prototype.map = null; Object.freeze(Object.prototype); Promise.prototype.then = () => 1",
  "function f(n) { return f(n + 1) } f(0)",
  "setTimeout(() => { throw 1 }, 1); Promise.reject(new Error('unhandled'))",
  "throw { toString() { throw this } }",
  "process.exit(3)",
  "new Promise(() => {}); await 1",
  "for (const x of [1]) { label: { break label } } /(a|a)*b/.exec('a'.repeat(20)); Symbol.for('secret')",
  "const kept = []; for (let i = 0; i < 300000; i++) kept.push({ i })",
];
const stock = python.filter((code) => !code.includes("ctypes"));

/** What a guest can tell of where it is. */
const pythonLook =
  "import os, sys, gc, signal\n(sorted(os.environ.items()), os.getcwd(), sorted(sys.modules), sys.path, sys.getrecursionlimit(), gc.isenabled(), gc.get_count()[1:], signal.getsignal(2), os.listdir('/tmp'), [n for n in range(300) if os.path.exists(f'/dev/fd/{n}')], len(dir(__builtins__)), sys.gettrace(), sys.getallocatedblocks())";
const javaScriptLook =
  "[Object.getOwnPropertyNames(globalThis).join(), process.cwd(), JSON.stringify(process.env), (await import('fs')).readdirSync('/tmp').join(), Object.isFrozen(Object.prototype), typeof [].map].join('\\n')";

function suiteOf(name: string, load: () => Promise<{ runtime: Runtime; programs: string[]; look: string }>) {
  return () => {
    const original = WebAssembly.Instance;
    let last: WebAssembly.Instance | undefined;
    before(() => {
      WebAssembly.Instance = class extends original {
        constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
          super(module, imports);
          // What puts one function of the host's into a table is no guest.
          if (Object.keys(this.exports).length > 1) last = this;
        }
      };
    });
    after(() => {
      WebAssembly.Instance = original;
    });

    test(`a ${name} guest in a memory that was in use is byte for byte, global for global and slot for slot a new one`, async () => {
      const { runtime, programs, look } = await load();
      let taken: WebAssembly.Memory | undefined;
      const watch = (memories: GuestMemories): GuestMemories => ({
        ...memories,
        take(...parts) {
          taken = memories.take(...parts);
          return taken;
        },
      });
      const prepare = async (memories: GuestMemories) => {
        const server = await prepareGuest(runtime, options, hostWith(watch(memories)));
        assert.ok(last !== undefined && taken !== undefined);
        return { server, memory: taken, stock: takeStock(last, taken) };
      };
      const see = (server: Awaited<ReturnType<typeof openGuest>>) => {
        server.start(options.start);
        const { result, output } = server.run({ mode: "cell", code: look, filename: "<look>" });
        assert.equal(result.error, undefined);
        return { result, output };
      };

      const first = await prepare(createGuestMemories());
      assert.ok(first.stock.globals.length > 0 && first.stock.tables.length > 0);
      const seen = see(first.server);
      let reused = 0;
      for (const code of programs) {
        const memories = createGuestMemories();
        const before = await openGuest(runtime, options, hostWith(watch(memories)));
        const used = taken as WebAssembly.Memory;
        const bytes = used.buffer.byteLength;
        const outcome = before.run({ mode: "cell", code, filename: "<cell>", stdin: "ask" });
        before.close();
        if (code.startsWith(write)) assert.equal(outcome.result.error, undefined, code);
        const hasGrown = used.buffer.byteLength !== bytes;
        const next = await prepare(memories);
        assert.equal(next.memory === used, !hasGrown && outcome.ended?.reason !== "crash", code);
        if (next.memory === used) reused++;
        assert.ok(next.stock.bytes.equals(first.stock.bytes), `bytes stay behind of ${code}`);
        assert.deepEqual(next.stock.globals, first.stock.globals, code);
        assert.deepEqual(next.stock.tables, first.stock.tables, code);
        assert.deepEqual(see(next.server), seen, code);
        next.server.close();
      }
      assert.ok(reused >= programs.length / 2, `only ${reused} memories were used again`);
    });
  };
}

async function bundled(language: Runtime["language"]): Promise<Runtime> {
  const runtime = await nodePlatform.loadRuntime(language, undefined);
  return { ...runtime, module: opened(readBundledModule(language)) };
}

suite(
  "Python's memories",
  suiteOf("Python", async () => ({
    runtime: await bundled("python"),
    programs: python,
    look: pythonLook,
  })),
);
suite(
  "JavaScript's memories",
  suiteOf("JavaScript", async () => ({
    runtime: await bundled("javascript"),
    programs: javaScript,
    look: javaScriptLook,
  })),
);
suite("a stock build's memories", { skip: stockBuildSkip }, () => {
  let build: StockBuild;
  before(async () => {
    build = await unpackStockBuild();
  });
  after(() => build.remove());
  suiteOf("stock Python", async () => {
    const originalModule = WebAssembly.Module;
    let bytes = new Uint8Array(0);
    WebAssembly.Module = class extends originalModule {
      constructor(source: Uint8Array) {
        super(source);
        bytes = new Uint8Array(source);
      }
    };
    const runtime = await nodePlatform.loadRuntime("python", build.directory);
    WebAssembly.Module = originalModule;
    return { runtime: { ...runtime, module: opened(bytes) }, programs: stock, look: pythonLook };
  })();
});

test("a memory is not given to a guest of another runtime, or with another limit", async () => {
  const python = await nodePlatform.loadRuntime("python", undefined);
  const { openRuntimeImage } = await import("./runtime.js");
  const image = openRuntimeImage(python);
  const memories = createGuestMemories();
  const memory = memories.take(python, image, 1000);
  memories.leave(memory);
  assert.notEqual(memories.take(python, image, 1001), memory);
  const again = memories.take(python, image, 1000);
  memories.leave(again);
  const javaScript = await nodePlatform.loadRuntime("javascript", undefined);
  assert.notEqual(memories.take(javaScript, openRuntimeImage(javaScript), 1000), again);
});
