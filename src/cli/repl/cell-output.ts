import type { OutputStream } from "../../engine/messages.js";
import { restoringSequences } from "../../terminal/changes.js";
import { cleanText, createTerminalFilter } from "../../terminal/filter.js";
import { leadOf } from "./lead.js";

/** The start of a line is kept for `input()` up to this many characters. */
const longestLead = 4096;

/** What running code prints: brought to the terminal, and known as far as the line goes that the cursor stands in. */
export interface CellOutput {
  begin(): void;
  put(stream: OutputStream, text: string): void;
  /** What stands in the cursor's line. It is somebody else's from now on. */
  takeLead(): string;
  /** Somebody else has the terminal for a while: it has the colours and the cursor that it should. */
  suspend(): void;
  /** What follows begins a line of its own, and code leaves no colour behind, no hidden cursor, and nothing below. */
  end(): void;
}

/** @param isFiltered Text, colours, cursor movements and erasing are written, and nothing else. */
export function createCellOutput(isFiltered: boolean, write: (text: string) => void): CellOutput {
  const filters = isFiltered ? { stdout: createTerminalFilter(), stderr: createTerminalFilter() } : undefined;
  let lead = "";
  /** Code may have moved the cursor up in what was written before. */
  let isMoved = false;
  return {
    begin() {
      lead = "";
    },
    put(stream, text) {
      const shown = filters?.[stream].passText(text) ?? text;
      const [newLine, returned] = [shown.lastIndexOf("\n"), shown.lastIndexOf("\r")];
      if (newLine < 0 && returned < 0) lead += shown;
      else lead = shown.slice(Math.max(newLine + 1, returned));
      if (lead.length > longestLead) lead = cleanText(lead, "text").slice(-longestLead);
      isMoved ||= shown.includes("\x1b");
      write(shown);
    },
    takeLead() {
      const taken = leadOf(lead);
      lead = "";
      return taken;
    },
    suspend() {
      for (const filter of Object.values(filters ?? {})) write(restoringSequences(filter.changes));
    },
    end() {
      for (const filter of Object.values(filters ?? {})) write(filter.end());
      if (lead !== "") write("\n");
      if (filters !== undefined && isMoved) write("\x1b[J");
      isMoved = false;
    },
  };
}
