import { WasmReplError } from "../errors.js";

/** So many may sit at one time; who comes then waits. */
export interface Seats {
  /** Resolves with a seat. `QUEUE_FULL` if too many wait. */
  take(): Promise<void>;
  /** Gives a seat back: whoever has waited longest has it at once. */
  give(): void;
  readonly waiting: number;
}

export function createSeats(count: number, maxWaiting: number): Seats {
  const queue: Array<() => void> = [];
  let free = count;
  return {
    take() {
      if (free > 0) {
        free--;
        return Promise.resolve();
      }
      if (queue.length >= maxWaiting) {
        const message = `${queue.length} requests wait for a place among the live sessions, and no more may`;
        return Promise.reject(new WasmReplError("QUEUE_FULL", message));
      }
      return new Promise((resolve) => queue.push(resolve));
    },
    give() {
      const next = queue.shift();
      if (next === undefined) free++;
      else next();
    },
    get waiting() {
      return queue.length;
    },
  };
}
