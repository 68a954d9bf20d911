import type { TextBuffer } from "./buffer.js";
import type { History } from "./history.js";

/** Goes through the history, and keeps what was typed before for the way back. */
export interface HistoryWalk {
  /** A new text is begun. */
  begin(): void;
  go(direction: -1 | 1): void;
}

export function createHistoryWalk(history: History, buffer: TextBuffer): HistoryWalk {
  /** Where in the history the text comes from; its length if it is new. */
  let position = 0;
  let draft = "";
  return {
    begin() {
      position = history.entries.length;
      draft = "";
    },
    go(direction) {
      const { entries } = history;
      const target = position + direction;
      if (target < 0 || target > entries.length) return;
      if (position === entries.length) draft = buffer.text;
      position = target;
      buffer.set(entries[position] ?? draft);
    },
  };
}
