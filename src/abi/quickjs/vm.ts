import { ErrnoError } from "../../errno.js";
import { guestEnd } from "../../guest-end.js";
import { clipUtf8 } from "./clip.js";
import type { Pointer, QuickJsExports } from "./exports.js";
import type { QuickJsHost } from "./host.js";
import { hostOperations } from "./host-operations.js";
import { createQuickJsImports, maxAbortBytes, type VmHooks } from "./imports.js";
import { addNormalizeFunction } from "./normalize-function.js";
import { encodeWtf8 } from "./wtf8.js";

/** The engine's word for "compile, but do not run" and "allow top-level await" (`JS_EVAL_*` in quickjs.h). */
export const evalFlags = { module: 1, compileOnly: 1 << 5, async: 1 << 7 };

const decoder = new TextDecoder();

interface NormalizeImport {
  host_module_normalize(base: Pointer, specifier: Pointer, attributes: bigint): Pointer;
}

const maxNameBytes = 64 * 1024;

/** A thin hold on one QuickJS instance: memory, strings and cells, and nothing about sessions. */
export class Vm {
  readonly exports: QuickJsExports;
  /** The JSContext. */
  context: Pointer = 0;
  /** The most bytes that the host brings into the guest at once: the engine's own limit does not count them. */
  allocationLimit = Number.POSITIVE_INFINITY;
  /** For `JS_SetModuleNormalizeFunc2`. */
  readonly normalizeFunction: number;
  #abortText = "";
  #view: DataView;
  readonly #scratch: { pointer: Pointer; bytes: number } = { pointer: 0, bytes: 0 };

  /** @param memoryImport The memory of a lean module, which imports it; the original one brings its own. */
  constructor(
    module: WebAssembly.Module,
    hooks: VmHooks,
    host: Pick<QuickJsHost, "clocks" | "randomness" | "trace">,
    memoryImport: WebAssembly.Imports = {},
  ) {
    const abortText = (bytes: Uint8Array) => {
      this.#abortText = (this.#abortText + decoder.decode(bytes)).slice(-maxAbortBytes);
    };
    const own = createQuickJsImports(() => this.view, hooks, host, abortText);
    const imports = { ...(host.trace?.quickJs(own, () => this, hostOperations) ?? own), ...memoryImport };
    const instance = new WebAssembly.Instance(module, imports);
    this.exports = instance.exports as unknown as QuickJsExports;
    this.#view = new DataView(this.exports.memory.buffer);
    const { host_module_normalize: normalize } = imports.env as unknown as NormalizeImport;
    this.normalizeFunction = addNormalizeFunction(this.exports, (context, base, specifier, attributes) =>
      this.#counted(context, normalize(base, specifier, attributes)),
    );
  }

  /** A zero-terminated text in memory that the engine counts, in place of one that was allocated. 0 stays. */
  #counted(context: Pointer, text: Pointer): Pointer {
    if (text === 0) return 0;
    const { exports } = this;
    const end = new Uint8Array(exports.memory.buffer).indexOf(0, text) + 1;
    const copy = exports.js_malloc(context, end - text);
    if (copy !== 0) new Uint8Array(exports.memory.buffer).copyWithin(copy, text, end);
    exports.wasm_free(text);
    return copy;
  }

  /** The memory as it is now; growing makes earlier views useless. */
  get view(): DataView {
    const { buffer } = this.exports.memory;
    if (this.#view.buffer !== buffer) this.#view = new DataView(buffer);
    return this.#view;
  }

  /**
   * Runs what enters the engine. Whatever escapes it (a trap, V8's own stack overflow, a host failure) has left
   * the engine's memory in an unknown state, so it comes out as a `GuestCrash`; a `GuestExit` stays one.
   */
  enter<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      throw guestEnd(cause, this.#abortText);
    }
  }

  /** Allocates and fills; a zero byte follows. 0 if the guest has no memory left. */
  allocate(bytes: Uint8Array): Pointer {
    if (bytes.length >= this.allocationLimit) return 0;
    const pointer = this.exports.wasm_malloc(bytes.length + 1);
    if (pointer === 0) return 0;
    const memory = new Uint8Array(this.exports.memory.buffer);
    memory.set(bytes, pointer);
    memory[pointer + bytes.length] = 0;
    return pointer;
  }

  /** Bytes for a call that needs them only until it returns. 0 if the guest has no memory left. */
  lend<T>(text: string, use: (pointer: Pointer, length: number) => T): T {
    const bytes = encodeWtf8(text);
    const pointer = this.allocate(bytes);
    if (pointer === 0) throw new OutOfGuestMemory();
    try {
      return use(pointer, bytes.length);
    } finally {
      this.exports.wasm_free(pointer);
    }
  }

  /** A few bytes that stay valid until the next call of this method. */
  scratch(bytes: number): Pointer {
    if (this.#scratch.bytes < bytes) {
      const pointer = this.exports.wasm_malloc(bytes);
      if (pointer === 0) throw new OutOfGuestMemory();
      this.exports.wasm_free(this.#scratch.pointer);
      this.#scratch.pointer = pointer;
      this.#scratch.bytes = bytes;
    }
    return this.#scratch.pointer;
  }

  /** An owned cell around a JSValue. */
  hold(value: bigint): Pointer {
    const cell = this.exports.wasm_malloc(8);
    if (cell === 0) throw new OutOfGuestMemory();
    this.view.setBigInt64(cell, value, true);
    return cell;
  }

  /** The JSValue in a cell. The cell still owns it. */
  peek(cell: Pointer): bigint {
    return this.view.getBigInt64(cell, true);
  }

  /** Takes the JSValue out of a cell, which is freed. */
  release(cell: Pointer): bigint {
    const value = this.peek(cell);
    this.exports.wasm_free(cell);
    return value;
  }

  newString(text: string): Pointer {
    return this.lend(text, (pointer, length) => this.exports.qjs_new_string(pointer, length));
  }

  /**
   * The UTF-8 bytes of a string cell, of whatever length: they are in the guest's memory, and lent until `use` returns.
   * Undefined if it is no string and cannot be made one.
   */
  withBytes<T>(cell: Pointer, use: (bytes: Uint8Array) => T): T | undefined {
    const lengthOut = this.scratch(8);
    const pointer = this.exports.qjs_get_string_len(cell, lengthOut);
    if (pointer === 0) return undefined;
    try {
      return use(new Uint8Array(this.exports.memory.buffer, pointer, this.view.getUint32(lengthOut, true)));
    } finally {
      this.exports.qjs_free_cstring(pointer);
    }
  }

  /** An ArrayBuffer with a copy of the bytes; 0 with an exception pending if there is no memory for it. */
  newBuffer(bytes: Uint8Array): Pointer {
    const pointer = this.allocate(bytes);
    if (pointer === 0) return this.throwOutOfMemory();
    const buffer = this.exports.qjs_new_array_buffer(pointer, bytes.length);
    this.exports.wasm_free(pointer);
    return buffer;
  }

  /** The bytes of an ArrayBuffer, in the guest's memory; none if it is no such, or an empty one. */
  bufferBytes(buffer: Pointer): Uint8Array {
    const lengthOut = this.scratch(4);
    this.view.setUint32(lengthOut, 0, true);
    const pointer = this.exports.qjs_get_array_buffer(buffer, lengthOut);
    const length = pointer === 0 ? 0 : this.view.getUint32(lengthOut, true);
    return new Uint8Array(this.exports.memory.buffer, pointer, length);
  }

  /** A string cell as text of at most `maxBytes` bytes; see `clipUtf8`. */
  text(cell: Pointer, maxBytes: number): string {
    return this.withBytes(cell, (bytes) => clipUtf8(bytes, maxBytes)) ?? "";
  }

  /** A zero-terminated name that the engine hands over. `ENAMETOOLONG` if it is longer than any path can be. */
  name(pointer: Pointer): string {
    const bytes = new Uint8Array(this.exports.memory.buffer).subarray(pointer, pointer + maxNameBytes);
    const length = bytes.indexOf(0);
    if (length < 0) throw new ErrnoError("ENAMETOOLONG", "the module's name is too long");
    return decoder.decode(bytes.subarray(0, length));
  }

  /** Calls a function of the guest. The result is an owned cell, which may hold the exception mark. */
  call(callee: Pointer, ...args: readonly Pointer[]): Pointer {
    const list = this.exports.wasm_malloc(4 * args.length + 4);
    if (list === 0) throw new OutOfGuestMemory();
    for (const [index, arg] of args.entries()) this.view.setUint32(list + 4 * index, arg, true);
    const thisValue = this.exports.qjs_get_undefined();
    const result = this.exports.qjs_call(callee, thisValue, args.length, list);
    this.exports.wasm_free(thisValue);
    this.exports.wasm_free(list);
    return result;
  }

  /** Compiles or runs source text; see `evalFlags`. The result is an owned cell. */
  evaluate(code: string, filename: string, flags: number): Pointer {
    return this.lend(code, (source, length) =>
      this.lend(filename, (name) => {
        // JSEvalOptions: version, flags, file name, first line.
        const options = this.scratch(16);
        const { view } = this;
        view.setInt32(options, 1, true);
        view.setInt32(options + 4, flags, true);
        view.setUint32(options + 8, name, true);
        view.setInt32(options + 12, 1, true);
        return this.hold(this.exports.JS_Eval2(this.context, source, length, options));
      }),
    );
  }

  /** Leaves an `Error` pending for the running code. Returns 0, which is how a hook reports it. */
  throwError(message: string): 0 {
    const error = this.exports.qjs_new_error();
    const text = this.newString(message);
    const writableConfigurable = 3;
    this.lend("message", (name) =>
      this.exports.qjs_define_prop_string(error, name, text, writableConfigurable),
    );
    this.free(text);
    return this.throw(error);
  }

  /** Leaves the engine's "out of memory" pending. Returns 0. */
  throwOutOfMemory(): 0 {
    this.exports.JS_ThrowOutOfMemory(this.context);
    return 0;
  }

  /** Leaves an error pending that no `catch` or `finally` sees. Returns 0. */
  throwUncatchable(): 0 {
    const error = this.exports.qjs_new_error();
    this.exports.JS_SetUncatchableError(this.context, this.peek(error));
    return this.throw(error);
  }

  /** Leaves a value pending. Consumes the cell. Returns 0. */
  throw(error: Pointer): 0 {
    this.exports.wasm_free(this.exports.qjs_throw(error));
    this.free(error);
    return 0;
  }

  isException(cell: Pointer): boolean {
    return this.exports.qjs_is_exception(cell) !== 0;
  }

  free(cell: Pointer): void {
    this.exports.qjs_free_value(cell);
  }
}

/** The guest's heap is full, noticed by the host's own allocation rather than by the guest's code. */
export class OutOfGuestMemory extends Error {
  override readonly name = "OutOfGuestMemory";
}
