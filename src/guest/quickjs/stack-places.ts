import type { Vm } from "../../abi/quickjs/vm.js";

/** What `leanQuickJs` has to know of the engine's own guard of its stack. */
export interface StackPlaces {
  /** The address of the lowest value that the stack pointer may have. */
  readonly stackLimit: number;
  /** The table's slot of the function `next` of iterator helpers. */
  readonly helperSlot: number;
  /** The address of the engine's message for an overflow. */
  readonly overflowMessage: number;
}

const message = "Maximum call stack size exceeded\0";

/** Finds them in a booted engine. Throws if this is not the engine that the file was written for. */
export function findStackPlaces(vm: Vm): StackPlaces {
  const memory = new Uint8Array(vm.exports.memory.buffer);
  const overflowMessage = indexOfBytes(memory, new TextEncoder().encode(message));
  const stackLimit = findStackLimit(vm);
  const helperSlot = findFunctionSlot(vm, "[].values().map(String).next");
  if (overflowMessage < 0 || stackLimit === undefined || helperSlot === undefined) {
    throw new Error("the stack of this QuickJS build is not laid out as expected");
  }
  return { stackLimit, helperSlot, overflowMessage };
}

/** The word of the runtime that moves as the size of the stack does, the other way round. */
function findStackLimit(vm: Vm): number | undefined {
  const runtime = vm.exports.qjs_get_runtime_ptr();
  const [smaller, larger] = [50_000, 110_000];
  const wordsAt = (size: number) => {
    vm.exports.qjs_set_max_stack_size(size);
    return new Uint32Array(vm.exports.memory.buffer.slice(runtime, runtime + 2048));
  };
  const [first, second] = [wordsAt(smaller), wordsAt(larger)];
  const found = first.findIndex((word, index) => word - (second[index] ?? 0) === larger - smaller);
  return found < 0 ? undefined : runtime + 4 * found;
}

/** A native function's object holds its realm, and behind it the function as an index of the table. */
function findFunctionSlot(vm: Vm, expression: string): number | undefined {
  const cell = vm.evaluate(expression, "layout", 0);
  const object = vm.view.getUint32(cell, true);
  let slot: number | undefined;
  for (let offset = 16; offset < 48 && slot === undefined; offset += 4) {
    if (vm.view.getUint32(object + offset, true) === vm.context) {
      slot = vm.view.getUint32(object + offset + 4, true);
    }
  }
  vm.free(cell);
  return slot;
}

function indexOfBytes(bytes: Uint8Array, searched: Uint8Array): number {
  for (let at = bytes.indexOf(searched[0] ?? 0); at >= 0; at = bytes.indexOf(searched[0] ?? 0, at + 1)) {
    if (searched.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
