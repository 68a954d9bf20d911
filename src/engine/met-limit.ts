import type { GuestLimit } from "./messages.js";

/** Which limit a run has met at which it is to be stopped. */
export interface MetLimit {
  /** A run begins. */
  begin(): void;
  /** It is over: what is refused from now on is nobody's. */
  end(): void;
  /** The guest was refused something. */
  meet(limit: GuestLimit): void;
  /** The first that the run has met. */
  get(): GuestLimit | undefined;
}

/** @param stop Gives the run its first notice; false if it is being stopped for another reason already. */
export function createMetLimit(stop: (limit: GuestLimit) => boolean): MetLimit {
  let isRunning = false;
  let met: GuestLimit | undefined;
  return {
    begin() {
      isRunning = true;
      met = undefined;
    },
    end() {
      isRunning = false;
    },
    meet(limit) {
      if (isRunning && met === undefined && stop(limit)) met = limit;
    },
    get: () => met,
  };
}
