import { ErrnoError } from "../../errno.js";
import type { OpenFile } from "../../vfs/types.js";
import type { Pointer } from "./exports.js";
import {
  answerRequest,
  callFiles,
  count,
  type FileRequest,
  parseRequest,
  readWholeFile,
  requestBounds,
  writeWholeFile,
} from "./file-calls.js";
import type { QuickJsHost } from "./host.js";
import { hostOperations } from "./host-operations.js";
import { OutOfGuestMemory, type Vm } from "./vm.js";

/** The most that one line, or all of standard input, may bring into the guest. */
const maxInputBytes = 256 * 1024 * 1024;

/** Undefined: the operation is unknown there too. */
export type OtherOperations = (
  operation: number,
  first: Pointer,
  second: Pointer,
  third: Pointer,
) => Pointer | undefined;

export interface HostCalls {
  /** The hook that serves the driver. */
  serve(args: readonly Pointer[]): Pointer;
  /** A run begins: what the one before left of its standard input is not for it. */
  begin(): void;
}

/**
 * `exit` is told the code before the running code is ended. `interrupted` tells whether the run was asked to stop,
 * when a wait for input ends without any. `colors` tells whether values are shown on a terminal that has them.
 * `others` performs the operations that this file does not know.
 */
export function createHostCalls(
  vm: () => Vm,
  host: QuickJsHost,
  exit: (code: number) => void,
  interrupted: () => boolean,
  colors: () => boolean,
  others: OtherOperations,
): HostCalls {
  const input = createInput(host.stdin);
  let lastErrno = "";

  function perform(operation: number, value: Pointer, second: Pointer, third: Pointer): Pointer {
    const { exports } = vm();
    switch (operation) {
      case hostOperations.write: {
        const file = exports.qjs_get_float64(value) === 2 ? host.stderr : host.stdout;
        const written = vm().withBytes(second, (bytes) => {
          writeAll(file, bytes);
          return bytes.length;
        });
        return written === undefined ? 0 : exports.qjs_get_undefined();
      }
      case hostOperations.readLine:
        return give(input.line());
      case hostOperations.readAll:
        return give(input.rest());
      case hostOperations.readChunk: {
        const bytes = input.chunk();
        return bytes === undefined ? exports.qjs_get_undefined() : vm().newBuffer(bytes);
      }
      case hostOperations.random: {
        const count = Math.min(Math.max(exports.qjs_get_float64(value), 0) || 0, 65_536);
        const bytes = new Uint8Array(count);
        host.randomness.fill(bytes);
        return vm().newBuffer(bytes);
      }
      case hostOperations.exit:
        exit(exports.qjs_get_float64(value) & 0xff);
        return vm().throwUncatchable();
      case hostOperations.classOf:
        if (exports.qjs_is_proxy(value) !== 0) return vm().newString("Proxy");
        return exports.qjs_get_class_name(value);
      case hostOperations.proxyTarget:
        return exports.qjs_get_proxy_target(value);
      case hostOperations.promiseState:
        return exports.qjs_new_number(exports.qjs_promise_state(value));
      case hostOperations.promiseResult:
        return exports.qjs_promise_result(value);
      case hostOperations.fileCall:
        return vm().newString(answerRequest(() => callFiles(host.fileSystem, readRequest(value))));
      case hostOperations.readBytes:
      case hostOperations.readText: {
        const path = vm().withBytes(value, (bytes) =>
          bytes.length > requestBounds.bytes ? undefined : new TextDecoder().decode(bytes),
        );
        const found =
          path === undefined ? "ENAMETOOLONG" : readWholeFile(host.fileSystem, path, vm().allocationLimit);
        if (typeof found === "string") {
          lastErrno = found;
          return exports.qjs_new_number(0);
        }
        return operation === hostOperations.readText ? giveText(found) : vm().newBuffer(found);
      }
      case hostOperations.lastErrno:
        return vm().newString(lastErrno);
      case hostOperations.writeText:
        return vm().newString(
          answerRequest(() => {
            const request = readRequest(value);
            vm().withBytes(second, (bytes) => writeWholeFile(host.fileSystem, request, bytes));
          }),
        );
      case hostOperations.writeBytes:
        return vm().newString(
          answerRequest(() => {
            const request = readRequest(value);
            writeWholeFile(host.fileSystem, request, partOf(second, request));
          }),
        );
      case hostOperations.colors:
        return exports.qjs_new_number(colors() ? 1 : 0);
      default:
        return others(operation, value, second, third) ?? vm().throwError("no such host operation");
    }
  }

  /** A wait for input, or for room for output, may end because the run is to stop: then it does at once. */
  function performUntilStopped(operation: number, value: Pointer, second: Pointer, third: Pointer): Pointer {
    try {
      return perform(operation, value, second, third);
    } catch (error) {
      if (error instanceof ErrnoError && error.errno === "EINTR" && interrupted())
        return vm().throwUncatchable();
      throw error;
    }
  }

  function give(bytes: Uint8Array | undefined): Pointer {
    if (bytes === undefined) return vm().exports.qjs_get_undefined();
    // Input that is not UTF-8 must not reach the engine's decoder as it is.
    return vm().newString(new TextDecoder().decode(bytes));
  }

  /** A byte order mark stays: it is part of the file. */
  function giveText(bytes: Uint8Array): Pointer {
    return vm().newString(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  }

  function readRequest(cell: Pointer): FileRequest {
    return vm().withBytes(cell, parseRequest) ?? {};
  }

  /** The part of an ArrayBuffer that the request names, in the guest's memory. */
  function partOf(buffer: Pointer, { offset, length }: FileRequest): Uint8Array {
    const bytes = vm().bufferBytes(buffer);
    // An empty buffer may have no address.
    if (length === 0) return new Uint8Array(0);
    const [start, size] = [count(offset), count(length)];
    if (start + size > bytes.length) throw new ErrnoError("EFAULT");
    return bytes.subarray(start, start + size);
  }

  return {
    serve: ([operation = 0, value = 0, second = 0, third = 0]) =>
      settleHostCall(vm(), () =>
        performUntilStopped(vm().exports.qjs_get_float64(operation), value, second, third),
      ),
    begin: () => input.forget(),
  };
}

/**
 * Runs a hook. The failures that a guest may cause become errors of its own, for an exception of the host must not
 * pass through the engine's frames: any other is taken for a crash.
 */
export function settleHostCall(vm: Vm, hook: () => Pointer): Pointer {
  try {
    try {
      return hook();
    } catch (error) {
      if (error instanceof ErrnoError) return vm.throwError(error.message);
      throw error;
    }
  } catch (error) {
    if (error instanceof OutOfGuestMemory) return vm.throwOutOfMemory();
    throw error;
  }
}

export function writeAll(file: OpenFile, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) {
    const count = file.write(rest);
    if (count === 0) throw new ErrnoError("EIO", "the output takes no more");
    rest = rest.subarray(count);
  }
}

/** Standard input by lines. What was read too far is kept for the next call. */
function createInput(file: OpenFile) {
  let kept = new Uint8Array(0);

  function more(): boolean {
    if (kept.length >= maxInputBytes) throw new ErrnoError("EFBIG", "the input is too long");
    const chunk = new Uint8Array(65_536);
    const count = file.read(chunk);
    const joined = new Uint8Array(kept.length + count);
    joined.set(kept);
    joined.set(chunk.subarray(0, count), kept.length);
    kept = joined;
    return count > 0;
  }

  return {
    forget(): void {
      kept = new Uint8Array(0);
    },
    line(): Uint8Array | undefined {
      let searched = 0;
      for (;;) {
        const end = kept.indexOf(10, searched);
        if (end >= 0) {
          const line = kept.subarray(0, end > 0 && kept[end - 1] === 13 ? end - 1 : end);
          kept = kept.slice(end + 1);
          return line;
        }
        searched = kept.length;
        if (!more()) return this.rest();
      }
    },
    /** What is at hand, or what the next read gives; undefined at the end. */
    chunk(): Uint8Array | undefined {
      if (kept.length === 0 && !more()) return undefined;
      const bytes = kept;
      kept = new Uint8Array(0);
      return bytes;
    },
    /** Undefined when there is nothing left. */
    rest(): Uint8Array | undefined {
      while (more());
      const all = kept;
      kept = new Uint8Array(0);
      return all.length === 0 ? undefined : all;
    },
  };
}
