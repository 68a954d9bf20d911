import assert from "node:assert/strict";
import { test } from "node:test";
import { GuestExit } from "../../guest-end.js";
import { GuestMemory } from "../guest-memory.js";
import { createFixture } from "../wasi/wasi-fixture.js";
import { wasiSignatures } from "./signatures.js";
import { createCallTracer } from "./tracer.js";

const page = 65_536;

type AnyCall = (...args: unknown[]) => unknown;

function traced(functions: Record<string, (...args: never[]) => unknown>) {
  const lines: string[] = [];
  const memory = new GuestMemory(new WebAssembly.Memory({ initial: 1 }));
  const tracer = createCallTracer((line) => lines.push(line.replace(/<\d+\.\d{6}>$/, "<>")));
  const put = (pointer: number, bytes: Uint8Array | string) => {
    const content = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    memory.bytes(pointer, content.length).set(content);
    return content.length;
  };
  const wasi = tracer.wasi(functions, memory);
  return {
    lines,
    memory,
    put,
    tracer,
    call: (name: string, ...args: unknown[]) => (wasi[name] as AnyCall)(...args),
    emscripten(functions: Record<string, AnyCall>) {
      const { env } = tracer.emscripten({ env: functions }, memory);
      return (name: string, ...args: unknown[]) => (env as Record<string, AnyCall>)[name]?.(...args);
    },
  };
}

/** Puts a list of one buffer to the place of the list. */
function list(memory: GuestMemory, at: number, pointer: number, length: number): void {
  memory.setU32(at, pointer);
  memory.setU32(at + 4, length);
}

test("a call is told with its texts, flags, results and the name of its error", () => {
  const { lines, memory, put, call } = traced({
    path_open(...args: number[]) {
      memory.setU32(args.at(-1) as number, 7);
      return 0;
    },
    path_unlink_file: () => 44,
  });
  const length = put(100, "a dir/b.txt");
  assert.equal(call("path_open", 3, 1, 100, length, 9, 0xffn, -1n, 4, 8), 0);
  assert.equal(call("path_unlink_file", 3, 100, length), 44);
  assert.deepEqual(lines, [
    'path_open(3, 0x1, "a dir/b.txt", 0x9, 0xff, 0xffffffffffffffff, 0x4, [7]) = 0 <>',
    'path_unlink_file(3, "a dir/b.txt") = 44 ENOENT <>',
  ]);
});

test("what is written is told before the call, and what was read after it, as far as it was", () => {
  const { lines, memory, put, call } = traced({
    fd_write: (_fd: number, _list: number, _count: number, written: number) => {
      put(200, "gone");
      memory.setU32(written, 4);
      return 0;
    },
    fd_read: (_fd: number, _list: number, _count: number, read: number) => {
      put(200, "hi\nand what was there");
      memory.setU32(read, 3);
      return 0;
    },
  });
  put(200, "text");
  list(memory, 0, 200, 4);
  call("fd_write", 1, 0, 1, 16);
  call("fd_read", 0, 0, 1, 16);
  assert.deepEqual(lines, ['fd_write(1, "text", [4]) = 0 <>', 'fd_read(0, "hi\\n", [3]) = 0 <>']);
});

test("pointers that lead nowhere are told as numbers, and the call is made all the same", () => {
  const seen: unknown[][] = [];
  const note = (...args: unknown[]) => {
    seen.push(args);
    return 0;
  };
  const names = Object.keys(wasiSignatures);
  const { lines, memory, call, emscripten } = traced(Object.fromEntries(names.map((name) => [name, note])));
  const hostile = [0, -1, 1, page - 1, page, 2 ** 31 - 1, -(2 ** 31), 0xffff_fff0];
  // Lists whose own entries lead nowhere, or round and round.
  for (let at = 0; at < page; at += 4) memory.setU32(at, hostile[(at / 4) % hostile.length] as number);
  for (const name of names) {
    for (const first of hostile) {
      for (const second of hostile) {
        const args = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? first : second));
        assert.equal(call(name, ...args), 0);
        assert.deepEqual(seen.pop(), args);
      }
    }
  }
  assert.equal(lines.length, names.length * hostile.length ** 2);
  const callPython = emscripten({ __syscall_openat: note, unheardOf: note });
  for (const pointer of hostile) {
    callPython("__syscall_openat", -100, pointer, 0, pointer);
    callPython("unheardOf", pointer, null, 1n);
  }
  assert.ok(lines.at(-1)?.startsWith("unheardOf("));
  for (const line of lines) {
    assert.match(line, /^[\x20-\x7e]*$/);
    assert.ok(line.length < 1500, line);
  }
});

test("a long text is clipped, and one that would steer a terminal is told in escapes", () => {
  const { lines, put, call, emscripten } = traced({ path_create_directory: () => 0 });
  const path = `\x1b]52;c;aGk=\x07\x9b31m"\\é${"x".repeat(10_000)}`;
  call("path_create_directory", 3, 0, put(0, path));
  assert.equal(
    lines[0],
    `path_create_directory(3, "\\x1b]52;c;aGk=\\x07\\xc2\\x9b31m\\"\\\\\\xc3\\xa9${"x".repeat(59)}"...) = 0 <>`,
  );
  // A text without an end, up to the end of the memory.
  put(page - 3, "abc");
  emscripten({ __syscall_rmdir: () => -44 })("__syscall_rmdir", page - 3);
  assert.equal(lines[1], '__syscall_rmdir("abc"...) = -44 ENOENT <>');
});

test("a call that does not come back is told too, and what it throws goes on", () => {
  const { lines, call } = traced({
    proc_exit: () => {
      throw new GuestExit(3);
    },
  });
  assert.throws(() => call("proc_exit", 3), GuestExit);
  assert.deepEqual(lines, ["proc_exit(3) = ? <>"]);
});

test("what the interpreter asks of itself by way of the host is not told, and keeps its identity", () => {
  const { lines, memory, tracer } = traced({});
  const call = () => 1;
  const global = new WebAssembly.Global({ value: "i32" }, 0);
  const { env } = tracer.emscripten({ env: { _PyEM_TrampolineCall_JS: call, global } }, memory);
  assert.equal(env?._PyEM_TrampolineCall_JS, call);
  assert.equal(env?.global, global);
  assert.deepEqual(lines, []);
});

test("every function of WASI has its parameters described", () => {
  assert.deepEqual(Object.keys(wasiSignatures).sort(), Object.keys(createFixture().wasi.imports).sort());
});
