import type { OutputStream } from "../../engine/messages.js";

/** Pieces are passed on when they are this long together, or this old. */
const mostCharacters = 16 * 1024;
const longestDelayMs = 20;

/** Gathers what a cell writes, so that a flood of small pieces is not one of events. */
export interface Outputs {
  write(stream: OutputStream, text: string): void;
  /** Passes on what is there. */
  flush(): void;
}

export function createOutputs(passOn: (stream: OutputStream, text: string) => void): Outputs {
  let stream: OutputStream = "stdout";
  let pieces: string[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (length === 0) return;
    const text = pieces.join("");
    pieces = [];
    length = 0;
    passOn(stream, text);
  }

  return {
    write(name, text) {
      if (name !== stream) flush();
      stream = name;
      pieces.push(text);
      length += text.length;
      if (length >= mostCharacters) flush();
      else timer ??= setTimeout(flush, longestDelayMs);
    },
    flush,
  };
}
