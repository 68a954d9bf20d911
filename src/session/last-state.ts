import { giveBack } from "../engine/give-back.js";
import {
  applyChange,
  bytesOf,
  bytesOfChange,
  type GuestState,
  type SavedState,
  type StateChange,
} from "../engine/guest-state.js";

/** The last known state of a session, which it goes back to when it has lost its guest. */
export interface LastState {
  readonly now: SavedState | undefined;
  /** Takes in what the session's own guest has reported, and gives back the memory of what that supersedes. */
  learn(change: StateChange): GuestState;
  /** A state that others may know as well, or none, in place of what was known. */
  replace(state: SavedState | undefined): void;
  /** Others get the state as it is now, and may keep it for as long as they like. */
  share(): void;
}

export function createLastState(): LastState {
  let now: SavedState | undefined;
  /** Bytes that nobody else knows. What was shared is left to the garbage collection. */
  const own = new Set<Uint8Array>();

  function giveBackUnused(): void {
    const used = new Set(now === undefined ? [] : bytesOf(now));
    for (const bytes of own) {
      if (used.has(bytes)) continue;
      own.delete(bytes);
      giveBack(bytes);
    }
  }

  return {
    get now() {
      return now;
    },
    learn(change) {
      const state = applyChange(now, change);
      now = state;
      for (const bytes of bytesOfChange(change)) own.add(bytes);
      giveBackUnused();
      return state;
    },
    replace(state) {
      now = state;
      giveBackUnused();
    },
    share() {
      own.clear();
    },
  };
}
