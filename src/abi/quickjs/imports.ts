import { ErrnoError, errnoNumbers } from "../../errno.js";
import { readClock } from "../clocks.js";
import type { Pointer } from "./exports.js";
import type { QuickJsHost } from "./host.js";

/** What the engine asks of its host. All values are pointers to JSValue cells in the guest's memory. */
export interface VmHooks {
  /** The driver calls its one host function. Returns an owned cell; 0 with an exception pending in the engine. */
  call(args: readonly Pointer[]): Pointer;
  /** True stops the running code with an error that it cannot catch. */
  interrupt(): boolean;
  /** A promise was rejected unhandled, or handled after all. The cells are the hook's to free. */
  rejection(promise: Pointer, reason: Pointer, handled: boolean): void;
  /**
   * Both are zero-terminated. Gives an allocated, zero-terminated module name; 0 with an exception pending.
   *
   * @param attributes Of the import: a JSValue, lent.
   */
  normalizeModule(base: Pointer, specifier: Pointer, attributes: bigint): Pointer;
  /** An allocated, zero-terminated source text, its length stored at `lengthOut`; 0 with an exception pending. */
  loadModule(name: Pointer, lengthOut: Pointer): Pointer;
}

/**
 * The import object of the QuickJS module. Of WASI it imports a little only: the clocks, randomness, and a `write` with
 * which the C library says why it aborts.
 *
 * @param memory The instance's memory, as it is now.
 * @param abortText Takes what the C library says.
 */
export function createQuickJsImports(
  memory: () => DataView,
  hooks: VmHooks,
  { clocks, randomness }: Pick<QuickJsHost, "clocks" | "randomness">,
  abortText: (bytes: Uint8Array) => void,
): WebAssembly.Imports {
  return {
    env: {
      host_call: (_name: Pointer, _length: number, _this: Pointer, count: number, list: Pointer) => {
        const args: Pointer[] = [];
        // The driver passes at most four; the engine's own memory bounds what anyone else could.
        for (let index = 0; index < Math.min(count, 4); index++) {
          args.push(memory().getUint32(list + 4 * index, true));
        }
        return hooks.call(args);
      },
      host_interrupt: () => (hooks.interrupt() ? 1 : 0),
      host_promise_rejection: (promise: Pointer, reason: Pointer, handled: number) =>
        hooks.rejection(promise, reason, handled !== 0),
      // The engine calls it by way of `addNormalizeFunction`.
      host_module_normalize: (base: Pointer, name: Pointer, attributes: bigint) =>
        hooks.normalizeModule(base, name, attributes),
      host_module_load: (name: Pointer, lengthOut: Pointer) => hooks.loadModule(name, lengthOut),
      // The guest lives in UTC: the host's zone is none of its business.
      host_get_timezone_offset: () => 0,
    },
    wasi_snapshot_preview1: {
      clock_time_get: (clock: number, _precision: bigint, timeOut: Pointer) => {
        try {
          memory().setBigUint64(timeOut, readClock(clocks, clock), true);
          return 0;
        } catch (error) {
          if (error instanceof ErrnoError) return errnoNumbers[error.errno];
          throw error;
        }
      },
      random_get: (pointer: Pointer, length: number) => {
        randomness.fill(new Uint8Array(memory().buffer, pointer, length));
        return 0;
      },
      fd_write: (_descriptor: number, vectors: Pointer, count: number, writtenOut: Pointer) => {
        const view = memory();
        let written = 0;
        for (let index = 0; index < count; index++) {
          const pointer = view.getUint32(vectors + 8 * index, true);
          const length = view.getUint32(vectors + 8 * index + 4, true);
          abortText(new Uint8Array(view.buffer, pointer, Math.min(length, maxAbortBytes)));
          written += length;
        }
        view.setUint32(writtenOut, written, true);
        return 0;
      },
      // The engine has no files of its own.
      fd_close: () => errnoNumbers.EBADF,
      fd_fdstat_get: () => errnoNumbers.EBADF,
      fd_seek: () => errnoNumbers.EBADF,
    },
  };
}

/** What is kept of each of the C library's last words. */
export const maxAbortBytes = 1000;
