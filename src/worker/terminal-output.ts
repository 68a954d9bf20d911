import { restoringSequences, type TerminalState } from "../terminal/changes.js";
import { createTerminalFilter } from "../terminal/filter.js";
import { writeBriefly } from "./patient-write.js";

/** A guest's output to a terminal, as far as the filter lets it through. */
export interface TerminalOutput {
  write(bytes: Uint8Array): number;
  /** Puts the terminal back as it was, if the guest has changed it. */
  restore(): void;
}

/**
 * @param state Is told what is changed on the terminal, before that can be seen there, so that whoever ends this
 *   thread can put it back.
 * @param write Writes all bytes, unless it is interrupted; what it has not written then is lost.
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
