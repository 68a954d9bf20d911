import { checkJsonBounds, type JsonBounds } from "../../bounded-json.js";
import { ErrnoError } from "../../errno.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import type { OpenFile } from "../../vfs/types.js";
import { crossingBounds } from "../answer-limits.js";
import { decodeFrame, encodeFrame, type Frame, FrameError } from "../frames.js";
import type { CrossingValue, HostAnswer, HostLine } from "../host-line.js";

/** The descriptor on which the driver calls the host's functions. */
export const callDescriptor = 1022;

/** Longer than the head of any message, with the name of a function. */
const maxHeadBytes = 16 * 1024;
const lengthBytes = 4;
const headBounds: JsonBounds = { bytes: maxHeadBytes, depth: 2, members: 16 };

/**
 * The driver's messages are frames, one behind the other, with these heads; a part is named by its index, and what
 * follows a value's part are the bytes that belong to it:
 *
 *     {"call": id, "name": name}     parts: the arguments
 *     {"cancel": id}
 *     {"display": 0}                 parts: what is shown
 *     {"wait": milliseconds}         how long the next read waits at most
 *
 * and so are the host's:
 *
 *     {"return": id}                 parts: the value
 *     {"throw": id}                  parts: the name of the exception's type, its message
 *     {"suspend": id}
 *
 * A read that has to wait, and waits in vain or is interrupted, gives nothing. Everybody's code can reach the
 * descriptor: what is no frame is refused with `EINVAL`, and forgotten.
 */
export function createCallFile(line: HostLine): OpenFile {
  let isBroken = false;
  let incoming = new Uint8Array(0);
  let incomingBytes = 0;
  let outgoing: Uint8Array = new Uint8Array(0);
  let waitMs = 0;
  const maxFrameBytes = line.maxCallBytes + maxHeadBytes + lengthBytes * (crossingBounds.parts + 2);

  function take(bytes: Uint8Array): void {
    const room = incomingBytes + bytes.length;
    if (room > incoming.length) {
      const larger = new Uint8Array(Math.max(room, 2 * incoming.length));
      larger.set(incoming.subarray(0, incomingBytes));
      incoming = larger;
    }
    incoming.set(bytes, incomingBytes);
    incomingBytes = room;
  }

  /** Acts on the frames that are whole. */
  function readFrames(): void {
    const view = new DataView(incoming.buffer);
    let start = 0;
    while (incomingBytes - start >= lengthBytes) {
      const end = start + lengthBytes + view.getUint32(start, true);
      if (end - start > maxFrameBytes) throw new FrameError("it is too long");
      if (end > incomingBytes) break;
      // What is posted on must not be a view of what is used again.
      act(
        decodeFrame(incoming.slice(start, end), {
          head: headBounds,
          parts: crossingBounds.parts,
        }),
      );
      start = end;
    }
    incoming.copyWithin(0, start, incomingBytes);
    incomingBytes -= start;
    if (incomingBytes === 0 && incoming.length > maxHeadBytes) incoming = new Uint8Array(0);
  }

  function act({ head, parts }: Frame): void {
    const { call, name, cancel, display, wait } = head;
    if (isId(call) && typeof name === "string") takeCall(call, name, parts);
    else if (isId(cancel)) line.cancel(cancel);
    else if (display !== undefined) line.display(crossingOf(parts));
    else if (typeof wait === "number") waitMs = wait < 0 ? Number.POSITIVE_INFINITY : wait;
    else throw new FrameError("it is no message");
  }

  function takeCall(id: number, name: string, parts: readonly Uint8Array[]): void {
    let args: CrossingValue;
    try {
      args = crossingOf(parts);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      line.refuse(id, error.message);
      return;
    }
    line.call({ id, name, args });
  }

  return createStreamFile({
    write(bytes) {
      take(bytes);
      try {
        readFrames();
      } catch (cause) {
        incomingBytes = 0;
        if (cause instanceof FrameError || cause instanceof RangeError) throw new ErrnoError("EINVAL");
        throw cause;
      }
      return bytes.length;
    },
    read(buffer) {
      if (outgoing.length === 0) {
        const wanted = waitMs;
        waitMs = 0;
        // The second read after an interrupt: the C library begins again what its handler has let go on.
        if (isBroken) {
          isBroken = false;
          return 0;
        }
        const answer = line.receive(wanted);
        if (answer === undefined) {
          isBroken = line.isInterrupted();
          if (isBroken) throw new ErrnoError("EINTR");
          return 0;
        }
        outgoing = gather(answer, line, buffer.length);
      }
      const part = outgoing.subarray(0, buffer.length);
      buffer.set(part);
      outgoing = outgoing.subarray(part.length);
      return part.length;
    },
    poll: (direction) => ({
      ready: direction === "write" || outgoing.length > 0 || line.isAnswered(),
      bytes: outgoing.length,
      hangup: false,
    }),
  });
}

/** The answer, and those behind it that fit into as much. */
function gather(first: HostAnswer, line: HostLine, bytes: number): Uint8Array {
  const frames = [frameOf(first)];
  let length = frames[0]?.length ?? 0;
  while (length < bytes) {
    const next = line.receive(0);
    if (next === undefined) break;
    const frame = frameOf(next);
    frames.push(frame);
    length += frame.length;
  }
  if (frames.length === 1) return frames[0] as Uint8Array;
  const all = new Uint8Array(length);
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}

const encoder = new TextEncoder();

function frameOf(answer: HostAnswer): Uint8Array {
  if ("value" in answer) {
    const { json, bytes } = answer.value;
    return encodeFrame({ head: { return: answer.id }, parts: [encoder.encode(json), ...bytes] });
  }
  if ("error" in answer) {
    const { type, message } = answer.error;
    return encodeFrame({
      head: { throw: answer.id },
      parts: [encoder.encode(type), encoder.encode(message)],
    });
  }
  return encodeFrame({ head: { suspend: answer.id }, parts: [] });
}

function crossingOf([json, ...bytes]: readonly Uint8Array[]): CrossingValue {
  if (json === undefined) throw new FrameError("it has no value");
  checkJsonBounds(json, crossingBounds.json);
  return { json: new TextDecoder().decode(json), bytes: bytes.map((part) => part.slice()) };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
