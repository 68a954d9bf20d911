/** What a run writes: its beginning and its end for showing, and all of it for saving. */

/** What is typed is shown among what is written. */
type Stream = "stdout" | "stderr" | "stdin";

export interface Piece {
  readonly stream: Stream;
  readonly text: string;
}

/** In UTF-16 units: what is shown of the beginning and of the end. */
const mostHead = 40_000;
const mostTail = 20_000;

export interface OutputLog {
  readonly head: readonly Piece[];
  /** Empty while everything is in `head`. */
  readonly tail: readonly Piece[];
  /** Units that are neither in `head` nor in `tail`. */
  readonly hidden: number;
  readonly length: number;
  /** All of it, as long as this page has it. */
  whole(): string | undefined;
  push(stream: Stream, text: string): void;
}

/** What is kept of a log between visits. */
export interface KeptLog {
  readonly head: readonly Piece[];
  readonly tail: readonly Piece[];
  readonly length: number;
}

export function createOutputLog(kept?: KeptLog): OutputLog {
  const head: Piece[] = [...(kept?.head ?? [])];
  const tail: Piece[] = [...(kept?.tail ?? [])];
  const parts: string[] = head.map(({ text }) => text);
  let headLength = sum(head);
  let tailLength = sum(tail);
  let length = kept?.length ?? 0;
  const isWhole = tailLength === 0;

  function trim(): void {
    // Not each time: it copies.
    if (tailLength < 4 * mostTail) return;
    let excess = tailLength - mostTail;
    while (excess > 0 && tail[0] !== undefined) {
      const [first] = tail;
      if (first.text.length <= excess) tail.shift();
      else tail[0] = { ...first, text: first.text.slice(excess) };
      excess -= first.text.length;
    }
    tailLength = sum(tail);
  }

  return {
    get head() {
      return head;
    },
    get tail() {
      return lastOf(tail, mostTail);
    },
    get hidden() {
      return Math.max(0, length - headLength - Math.min(tailLength, mostTail));
    },
    get length() {
      return length;
    },
    whole: () => (isWhole ? parts.join("") : undefined),
    push(stream, text) {
      length += text.length;
      parts.push(text);
      const room = mostHead - headLength;
      const first = text.slice(0, room);
      if (first !== "") head.push({ stream, text: first });
      headLength += first.length;
      const rest = text.slice(first.length);
      if (rest === "") return;
      tail.push({ stream, text: rest });
      tailLength += rest.length;
      trim();
    },
  };
}

export function keptLog({ head, tail, length }: OutputLog): KeptLog {
  return { head, tail, length };
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, { text }) => total + text.length, 0);
}

/** The last so many units. */
function lastOf(pieces: readonly Piece[], most: number): Piece[] {
  const last: Piece[] = [];
  let room = most;
  for (let at = pieces.length - 1; at >= 0 && room > 0; at--) {
    const { stream, text } = pieces[at] as Piece;
    last.unshift({ stream, text: text.slice(-room) });
    room -= text.length;
  }
  return last;
}
