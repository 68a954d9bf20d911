import type { Pointer } from "../../abi/quickjs/exports.js";
import type { Vm } from "../../abi/quickjs/vm.js";

/** More than this many are not told apart; a guest may reject as many as it likes. */
const maxTracked = 1000;

/** The rejected promises that nothing handles yet. */
export function createRejections(vm: Vm) {
  const unhandled = new Map<Pointer, { readonly promise: Pointer; readonly reason: Pointer }>();

  function free(...cells: readonly Pointer[]): void {
    for (const cell of cells) if (cell !== 0) vm.free(cell);
  }

  return {
    /** The engine's notice; takes ownership of both cells (0 where the guest had no memory for one). */
    track(promise: Pointer, reason: Pointer, handled: boolean): void {
      // A kept cell keeps its promise alive, so the object's address names it.
      const identity = promise === 0 ? 0 : vm.view.getUint32(promise, true);
      if (!handled && promise !== 0 && reason !== 0 && unhandled.size < maxTracked) {
        unhandled.set(identity, { promise, reason });
        return;
      }
      const entry = handled ? unhandled.get(identity) : undefined;
      if (entry !== undefined) {
        unhandled.delete(identity);
        free(entry.promise, entry.reason);
      }
      free(promise, reason);
    },
    /** Forgets them all and gives their reasons as owned cells, oldest first. */
    take(): Pointer[] {
      if (unhandled.size === 0) return [];
      const entries = [...unhandled.values()];
      unhandled.clear();
      for (const { promise } of entries) free(promise);
      return entries.map(({ reason }) => reason);
    },
  };
}
