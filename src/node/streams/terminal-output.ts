import { ErrnoError } from "../../errno.js";
import { restoringSequences, type TerminalState } from "../../terminal/changes.js";
import { createTerminalFilter } from "../../terminal/filter.js";
import { writeBriefly } from "./patient-write.js";

/** A guest's output to a terminal, as far as the filter lets it through. */
export interface TerminalOutput {
  write(bytes: Uint8Array): number;
  /** Puts the terminal back as it was, if the guest has changed it. */
  restore(): void;
}

/** What an interrupt left unwritten is kept up to this size; a run that writes more is being ended. */
const mostKeptBytes = 64 * 1024;

/**
 * Writes to one terminal, for all streams that lead to it. What an interrupted write has left comes before anything
 * else, so that no half of a sequence stays there for other text to complete.
 *
 * @param write Gives how many bytes it has written; throws `EINTR` if it was interrupted before the first.
 */
export function createTerminalWriter(write: (bytes: Uint8Array) => number): (bytes: Uint8Array) => void {
  let rest = new Uint8Array(0);
  return (bytes) => {
    if (rest.length > mostKeptBytes) return;
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    try {
      rest = all.slice(write(all));
    } catch (error) {
      if (!(error instanceof ErrnoError) || error.errno !== "EINTR") throw error;
      rest = all.slice();
    }
  };
}

/**
 * @param state Is told what is changed on the terminal, before that can be seen there, so that whoever ends this
 *   thread can put it back.
 * @param write See `createTerminalWriter`.
 */
export function createTerminalOutput(
  descriptor: 1 | 2,
  state: TerminalState,
  write: (bytes: Uint8Array) => void,
): TerminalOutput {
  const index = descriptor - 1;
  const filter = createTerminalFilter();
  return {
    write(bytes) {
      const before = filter.changes;
      const shown = filter.pass(bytes);
      const isChanged = filter.changes !== before;
      if (isChanged) Atomics.or(state, index, filter.changes);
      if (shown.length > 0) write(shown);
      if (isChanged) Atomics.store(state, index, filter.changes);
      return bytes.length;
    },
    restore() {
      filter.end();
      restoreTerminal(descriptor, state, write);
    },
  };
}

/** Puts back what a guest has changed of the terminals of this process, and had no time to put back. */
export function restoreTerminals(state: TerminalState): void {
  for (const descriptor of [1, 2] as const) {
    restoreTerminal(descriptor, state, (bytes) => writeBriefly(descriptor, bytes));
  }
}

function restoreTerminal(descriptor: 1 | 2, state: TerminalState, write: (bytes: Uint8Array) => void): void {
  const sequences = restoringSequences(Atomics.exchange(state, descriptor - 1, 0));
  if (sequences === "") return;
  try {
    write(new TextEncoder().encode(sequences));
  } catch {
    // The terminal has gone.
  }
}
