import type { Channel } from "../channel.js";

/** Memory that the interpreter was refused. What the driver does before it runs the session's code does not count. */
export interface Refusals {
  hear(): void;
  /** Whether there was one since this was asked last. */
  take(): boolean;
}

export function createRefusals(channel: Channel, tell: (() => void) | undefined): Refusals {
  let wasRefused = false;
  return {
    hear() {
      if (!channel.isTaken()) return;
      wasRefused = true;
      tell?.();
    },
    take() {
      const was = wasRefused;
      wasRefused = false;
      return was;
    },
  };
}
