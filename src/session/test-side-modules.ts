import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import loadWabt from "wabt";
import { createEngine, type Engine } from "../engine/engine.js";
import { encodePackagePack } from "../node/packages/package-pack.js";
import { nodePlatform } from "../node/platform.js";
import { BinaryWriter } from "../wasm/binary.js";

/** A side module of ours, with one Python function, `call()`, which gives a number. */
export interface SideModule {
  /** The module's name in Python. Default: it is a library that others need. */
  readonly name?: string;
  /** Fields of the module in WebAssembly text: imports that it needs, beside those that every one has, and the rest. */
  readonly imports?: string;
  readonly fields?: string;
  /** What `call()` gives: instructions that leave an i32. */
  readonly call?: string;
  /** The words that its data begins with. */
  readonly data?: readonly number[];
  /** `dylink.0`: how much data, of which the first 128 bytes are the module's own, and how many slots. */
  readonly memoryBytes?: number;
  readonly tableSlots?: number;
  readonly needed?: readonly string[];
  readonly weak?: readonly string[];
}

const wabt = await loadWabt();

/** Where in its data the fixture keeps what Python needs of a module. */
const layout = { name: 128, functionName: 192, definition: 208, methods: 264, end: 512 };

/** Python's part of a side module: its definition, a table of methods, and what makes them. */
const pythonFields = (name: string, call: string) => `
  (elem (offset (global.get $table_base)) $call)
  (func $number (result i32) ${call})
  (func $call (param i32 i32) (result i32) (call $PyLong_FromLong (call $number)))
  (func (export "PyInit_${name}") (result i32)
    (local $definition i32) (local $methods i32)
    (local.set $definition (i32.add (global.get $memory_base) (i32.const ${layout.definition})))
    (local.set $methods (i32.add (global.get $memory_base) (i32.const ${layout.methods})))
    (i32.store offset=20 (local.get $definition) (i32.add (global.get $memory_base) (i32.const ${layout.name})))
    (i32.store offset=28 (local.get $definition) (i32.const -1))
    (i32.store offset=32 (local.get $definition) (local.get $methods))
    (i32.store (local.get $methods) (i32.add (global.get $memory_base) (i32.const ${layout.functionName})))
    (i32.store offset=4 (local.get $methods) (global.get $table_base))
    (i32.store offset=8 (local.get $methods) (i32.const 4))
    (call $PyModule_Create2 (local.get $definition) (i32.const 1013)))`;

function dataText(words: readonly number[], name = ""): string {
  const bytes = Buffer.alloc(layout.definition);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, 4 * index);
  bytes.write(name, layout.name);
  bytes.write("call", layout.functionName);
  return bytes.toString("hex").replaceAll(/../g, "\\$&");
}

export function sideModule(options: SideModule): Uint8Array {
  const {
    name,
    imports = "",
    fields = "",
    call = "(i32.const 0)",
    data = [],
    needed = [],
    weak = [],
  } = options;
  const { memoryBytes = layout.end, tableSlots = 2 } = options;
  const text = `(module
    (import "env" "memory" (memory 0))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))
    (import "env" "PyLong_FromLong" (func $PyLong_FromLong (param i32) (result i32)))
    (import "env" "PyModule_Create2" (func $PyModule_Create2 (param i32 i32) (result i32)))
    ${imports}
    (data (offset (global.get $memory_base)) "${dataText(data, name)}")
    ${name === undefined ? "" : pythonFields(name, call)}
    ${fields})`;
  const features = { exceptions: true, mutable_globals: true };
  const parsed = wabt.parseWat("side.wat", text, features);
  try {
    return withDylink(parsed.toBinary({}).buffer, { memoryBytes, tableSlots, needed, weak });
  } finally {
    parsed.destroy();
  }
}

function withDylink(
  module: Uint8Array,
  {
    memoryBytes,
    tableSlots,
    needed,
    weak,
  }: Required<Pick<SideModule, "memoryBytes" | "tableSlots" | "needed" | "weak">>,
): Uint8Array {
  const section = new BinaryWriter();
  section.name("dylink.0");
  const part = (kind: number, write: (writer: BinaryWriter) => void) => {
    const writer = new BinaryWriter();
    write(writer);
    const bytes = writer.finish();
    section.byte(kind);
    section.u32(bytes.length);
    section.raw(bytes);
  };
  part(1, (writer) => {
    for (const number of [memoryBytes, 4, tableSlots, 0]) writer.u32(number);
  });
  part(2, (writer) => {
    writer.u32(needed.length);
    for (const name of needed) writer.name(name);
  });
  part(4, (writer) => {
    writer.u32(weak.length);
    for (const name of weak) {
      writer.name("env");
      writer.name(name);
      writer.u32(1);
    }
  });
  const contents = section.finish();
  const whole = new BinaryWriter(module.length + contents.length + 16);
  whole.raw(module.subarray(0, 8));
  whole.byte(0);
  whole.u32(contents.length);
  whole.raw(contents);
  whole.raw(module.subarray(8));
  return whole.finish();
}

/** An engine whose Python has these files as packages. `remove` takes away what is on the disk. */
export function engineWithPackages(files: Readonly<Record<string, Uint8Array | string>>): {
  readonly engine: Engine;
  /** The pack on the disk. */
  readonly path: string;
  remove(): void;
} {
  const directory = mkdtempSync(join(tmpdir(), "packages-"));
  const bytesOf = (content: Uint8Array | string) =>
    typeof content === "string" ? new TextEncoder().encode(content) : content;
  const { parts, digest } = encodePackagePack(
    new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)])),
  );
  const path = join(directory, "pack");
  writeFileSync(path, Buffer.concat(parts));
  const engine = createEngine({
    ...nodePlatform,
    async loadRuntime(language, from) {
      const runtime = await nodePlatform.loadRuntime(language, from);
      return { ...runtime, id: digest, packages: { path, digest } };
    },
  });
  return { engine, path, remove: () => rmSync(directory, { recursive: true }) };
}
