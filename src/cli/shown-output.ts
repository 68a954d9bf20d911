import type { OutputStream } from "../engine/messages.js";
import { createTerminalFilter, type TerminalFilter } from "../terminal/filter.js";

/** A guest's output that this thread writes to the process's own streams. */
export interface ShownOutput<Written> {
  write(stream: OutputStream, text: string): Written;
  /** Puts terminals back as they were, if the guest has changed them. What is written next begins anew. */
  end(): void;
}

/**
 * @param isRaw Terminals get everything, and not only text, colours, cursor movements and erasing, as pipes and files
 *   do in any case.
 * @param write Writes to a stream of this process.
 */
export function createShownOutput<Written>(
  isRaw: boolean,
  write: (stream: OutputStream, text: string) => Written,
): ShownOutput<Written> {
  const filters = new Map<OutputStream, TerminalFilter>();
  return {
    write(stream, text) {
      if (isRaw || process[stream].isTTY !== true) return write(stream, text);
      const filter = filters.get(stream) ?? createTerminalFilter();
      filters.set(stream, filter);
      return write(stream, filter.passText(text));
    },
    end() {
      for (const [stream, filter] of filters) {
        const sequences = filter.end();
        if (sequences !== "") write(stream, sequences);
      }
    },
  };
}
