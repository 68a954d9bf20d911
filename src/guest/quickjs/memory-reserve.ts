import type { Vm } from "../../abi/quickjs/vm.js";

/** What the running code does not get of the heap, in bytes; less of a small heap. */
const mostReserveBytes = 2 * 1024 * 1024;
const leastShare = 1 / 8;
/** A cell that finds less than this free could not even let go of what it keeps. */
const leastRoomBytes = 64 * 1024;
/** How often another half of what is left is given out. */
const mostHalvings = 5;

export interface MemoryReserve {
  /** The host compiles or asks the driver: all of the heap may be used. */
  open(): void;
  /** The user's code runs: the reserve is kept from it. */
  close(): void;
  /**
   * A run begins, whose code is compiled. Where earlier ones have kept all that they could get, half of what is left
   * of the reserve is given to it, so that it can let go of something.
   */
  begin(): void;
  /** Whether what the engine is refused now is only tried. */
  readonly isProbing: boolean;
}

/**
 * Sees to it that a session whose code keeps all its memory can still be told what to do: compiling a cell takes
 * memory of the same heap.
 */
export function createMemoryReserve(vm: Vm, heapBytes: number): MemoryReserve {
  const { exports } = vm;
  const reserveBytes = Math.min(mostReserveBytes, Math.floor(heapBytes * leastShare));
  let halvings = 0;
  let isProbing = false;
  const limit = () => heapBytes - Math.floor(reserveBytes / 2 ** halvings);

  function hasRoom(): boolean {
    // What is in use is within the memory as long as it is now, so most sessions need no trial, which writes to it.
    if (exports.memory.buffer.byteLength + leastRoomBytes <= limit()) return true;
    // What is copied does not matter: it is freed at once.
    isProbing = true;
    const probe = exports.qjs_new_array_buffer(vm.context, leastRoomBytes);
    isProbing = false;
    const isThere = probe !== 0 && !vm.isException(probe);
    if (probe !== 0) vm.free(probe);
    if (!isThere) vm.free(exports.qjs_get_exception());
    return isThere;
  }

  return {
    get isProbing() {
      return isProbing;
    },
    open: () => exports.qjs_set_memory_limit(heapBytes),
    close: () => exports.qjs_set_memory_limit(limit()),
    begin() {
      for (halvings = 0; ; halvings++) {
        exports.qjs_set_memory_limit(limit());
        if (halvings === mostHalvings || hasRoom()) return;
      }
    },
  };
}
