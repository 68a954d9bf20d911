import { ServiceError } from "./service-error.js";

/** Whether somebody has called `close`. What waits is told; what does not wait takes no place here. */
export interface Stop {
  /** Throws `SESSION_CLOSED` if so. */
  check(): void;
  /** Calls it when it happens. Gives how to take that back. */
  onStop(listener: () => void): () => void;
  stop(): void;
}

/** @param around What stops this too. */
export function createStop(around?: Stop): Stop {
  const listeners = new Set<() => void>();
  let isStopped = false;
  return {
    check() {
      around?.check();
      if (isStopped) throw new ServiceError("SESSION_CLOSED", "the client has closed it");
    },
    onStop(listener) {
      listeners.add(listener);
      const offAround = around?.onStop(listener);
      return () => {
        listeners.delete(listener);
        offAround?.();
      };
    },
    stop() {
      isStopped = true;
      for (const listener of [...listeners]) listener();
    },
  };
}
