/**
 * A way for messages into a thread that is busy, which in browsers cannot look for those that are posted to it. They go
 * through shared memory, in pieces where they are longer than that: the owner puts one piece there at a time, and the
 * thread says by an ordinary message when it has taken one that more follow.
 */
import type { ToRunning } from "../engine/messages.js";

/** The shared words: how many bytes lie there, and whether the owner has more. */
const words = { filled: 0, hasMore: 1 } as const;
const headBytes = 8;
const pieceBytes = 256 * 1024;

/** The two numbers in front of each message: the lengths of its head and of all its bytes. */
const prefixBytes = 8;

export function createMailbox(): SharedArrayBuffer {
  return new SharedArrayBuffer(headBytes + pieceBytes);
}

export interface MailSender {
  send(message: ToRunning): void;
  /** The thread has taken a piece. */
  refill(): void;
}

export function createMailSender(box: SharedArrayBuffer): MailSender {
  const state = new Int32Array(box, 0, 2);
  const room = new Uint8Array(box, headBytes);
  /** What has not been put there yet. */
  let queue: Uint8Array[] = [];

  function put(): void {
    let filled = 0;
    while (filled < room.length) {
      const next = queue.shift();
      if (next === undefined) break;
      const part = next.subarray(0, room.length - filled);
      room.set(part, filled);
      filled += part.length;
      if (part.length < next.length) queue.unshift(next.subarray(part.length));
    }
    Atomics.store(state, words.hasMore, queue.length > 0 ? 1 : 0);
    Atomics.store(state, words.filled, filled);
  }

  function putIfEmpty(): void {
    if (queue.length === 0) return;
    if (Atomics.load(state, words.filled) !== 0) {
      Atomics.store(state, words.hasMore, 1);
      // The thread that takes a piece looks at this afterwards: either it sees that there is more, or we that it is empty.
      if (Atomics.load(state, words.filled) !== 0) return;
    }
    put();
  }

  return {
    send(message) {
      queue = [...queue, ...encodeMail(message)];
      putIfEmpty();
    },
    refill: putIfEmpty,
  };
}

/**
 * The thread's side: gives the next message, if all of it is there, and does not wait.
 *
 * @param askForMore Tells the owner that a piece was taken and more are to come.
 */
export function createMailReader(
  box: SharedArrayBuffer,
  askForMore: () => void,
): () => ToRunning | undefined {
  const state = new Int32Array(box, 0, 2);
  const room = new Uint8Array(box, headBytes);
  let pieces: Uint8Array[] = [];
  let length = 0;

  function takePiece(): void {
    const filled = Atomics.load(state, words.filled);
    if (filled === 0) return;
    pieces.push(room.slice(0, filled));
    length += filled;
    Atomics.store(state, words.filled, 0);
    if (Atomics.exchange(state, words.hasMore, 0) === 1) askForMore();
  }

  return () => {
    takePiece();
    if (length < prefixBytes) return undefined;
    if (pieces.length > 1 && (pieces[0] as Uint8Array).length < prefixBytes)
      pieces = [joined(pieces, length)];
    const [first] = pieces as [Uint8Array];
    const view = new DataView(first.buffer, first.byteOffset);
    const headLength = view.getUint32(0, true);
    const whole = prefixBytes + headLength + view.getUint32(4, true);
    if (length < whole) return undefined;
    const bytes = joined(pieces, length);
    length -= whole;
    pieces = length === 0 ? [] : [bytes.subarray(whole)];
    return decodeMail(bytes.subarray(prefixBytes, whole), headLength);
  };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

/** Bytes in a message, by where they begin among all and how many they are. */
type Place = { readonly at: number; readonly length: number };

/** The head is the message as JSON, with places for its bytes. */
function encodeMail(message: ToRunning): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let length = 0;
  const head = new TextEncoder().encode(
    JSON.stringify(message, (_, value) => {
      if (!(value instanceof Uint8Array)) return value;
      const place: Place = { at: length, length: value.length };
      parts.push(value);
      length += value.length;
      return place;
    }),
  );
  const prefix = new Uint8Array(prefixBytes);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, head.length, true);
  view.setUint32(4, length, true);
  return [prefix, head, ...parts].filter((part) => part.length > 0);
}

/** Each part gets bytes of its own. */
function decodeMail(bytes: Uint8Array, headLength: number): ToRunning {
  const message = JSON.parse(new TextDecoder().decode(bytes.subarray(0, headLength)));
  const bytesAt = ({ at, length }: Place) => bytes.slice(headLength + at, headLength + at + length);
  if (!("answers" in message)) return { ...message, bytes: bytesAt(message.bytes) };
  for (const answer of message.answers) {
    if (answer.value !== undefined) answer.value.bytes = answer.value.bytes.map(bytesAt);
  }
  return message;
}
