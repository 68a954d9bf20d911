import { type Errno, ErrnoError, errnoNumbers } from "../../errno.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import type { OpenFile } from "../../vfs/types.js";
import type { NetworkAnswer, NetworkLine } from "../network-line.js";
import type { SocketAddress } from "./socket-address.js";

/** What a socket has sent and the network has not taken yet, in bytes, before it has to wait. */
const mostUnsentBytes = 256 * 1024;
/** The most that one sending takes. */
const largestPiece = 64 * 1024;

/** A socket of a guest's: a stream to one other end. */
export interface Socket {
  readonly file: OpenFile;
  readonly family: number;
  readonly state: "new" | "connecting" | "connected" | "failed";
  readonly local: SocketAddress | undefined;
  readonly remote: SocketAddress | undefined;
  /** Begins to connect. */
  connect(to: SocketAddress): void;
  /** As `read` of the file; a look leaves the bytes where they are. */
  receive(buffer: Uint8Array, isLook: boolean): number;
  /** Sends no more, receives no more. */
  shutDown(reading: boolean, writing: boolean): void;
  /** Asks something of the connection that has an answer in words, such as to secure it. One at a time. */
  ask(operation: string, given: Readonly<Record<string, unknown>>): void;
  /** The answer, in JSON. `EAGAIN` if it has not come. */
  takeAnswer(): Uint8Array;
  /** The error that nobody has been told of yet, which is forgotten. */
  takeError(): Errno | undefined;
  /** Waits until it can be written to, or read from. `EINTR` if the code is to be interrupted. */
  wait(direction: "read" | "write"): void;
}

/**
 * @param number Of the family.
 * @param onClose Hears that it is closed.
 */
export function createSocket(family: number, line: NetworkLine): Socket {
  let state: Socket["state"] = "new";
  let id: number | undefined;
  let local: SocketAddress | undefined;
  let remote: SocketAddress | undefined;
  let error: Errno | undefined;
  let isClosed = false;
  /** What has come and was not read. */
  let incoming: Uint8Array = new Uint8Array(0);
  let isReceiving = false;
  let isOver = false;
  let unsentBytes = 0;
  let isEnded = false;
  let answer: Uint8Array | undefined;
  let isAsking = false;

  function fail(failure: { readonly type: string }): void {
    error = errnoOf(failure.type);
    isOver = true;
    if (state !== "connected") state = "failed";
  }

  /** Asks for the next bytes, unless there are some. */
  function lookForMore(): void {
    line.look();
    if (state !== "connected" || incoming.length > 0 || isReceiving || isOver || isAsking) return;
    isReceiving = true;
    line.ask("receive", { id }, (come) => {
      isReceiving = false;
      if ("error" in come) fail(come.error);
      else if (come.bytes === undefined) isOver = true;
      else incoming = come.bytes;
    });
  }

  function canRead(): boolean {
    return answer !== undefined || incoming.length > 0 || isOver || error !== undefined || state === "new";
  }

  function canWrite(): boolean {
    if (state === "connecting" || isAsking) return false;
    return unsentBytes < mostUnsentBytes || error !== undefined;
  }

  function waitFor(isReady: () => boolean): void {
    for (;;) {
      line.look();
      if (isReady()) return;
      if (file.nonBlocking) throw new ErrnoError("EAGAIN");
      if (line.wait(Number.POSITIVE_INFINITY) === "interrupted") throw new ErrnoError("EINTR");
    }
  }

  function takeError(): Errno | undefined {
    const taken = error;
    error = undefined;
    return taken;
  }

  function checkConnected(): void {
    if (state === "connecting") throw new ErrnoError("EAGAIN");
    if (state !== "connected" && error === undefined) throw new ErrnoError("ENOTCONN");
  }

  function receive(buffer: Uint8Array, isLook: boolean): number {
    if (state !== "connected") checkConnected();
    lookForMore();
    waitFor(canRead);
    if (incoming.length > 0) {
      const part = incoming.subarray(0, buffer.length);
      buffer.set(part);
      if (!isLook) incoming = incoming.subarray(part.length);
      return part.length;
    }
    const failure = takeError();
    if (failure !== undefined) throw new ErrnoError(failure);
    return 0;
  }

  function send(bytes: Uint8Array): number {
    checkConnected();
    if (isEnded) throw new ErrnoError("EPIPE");
    waitFor(canWrite);
    const failure = takeError();
    if (failure !== undefined) throw new ErrnoError(failure);
    const part = bytes.slice(0, largestPiece);
    // They are moved away.
    const count = part.length;
    unsentBytes += count;
    line.ask(
      "send",
      { id },
      (come) => {
        unsentBytes -= count;
        if ("error" in come) fail(come.error);
      },
      part,
    );
    return count;
  }

  const file = createStreamFile({
    type: "socket",
    read: (buffer) => receive(buffer, false),
    write: send,
    poll(direction) {
      if (direction === "write") {
        line.look();
        return { ready: canWrite(), bytes: 0, hangup: false };
      }
      lookForMore();
      return { ready: canRead(), bytes: incoming.length, hangup: isOver && isEnded };
    },
    close() {
      isClosed = true;
      if (id !== undefined) line.ask("close", { id }, () => {});
      incoming = new Uint8Array(0);
    },
  });

  return {
    file,
    family,
    get state() {
      return state;
    },
    get local() {
      return local;
    },
    get remote() {
      return remote;
    },
    connect(to) {
      state = "connecting";
      line.ask("connect", { ...to }, (come) => {
        if ("error" in come) {
          answer = encodeAnswer(come);
          fail(come.error);
          return;
        }
        const made = come.value as { id: number; local: SocketAddress; remote: SocketAddress };
        id = made.id;
        if (isClosed) line.ask("close", { id }, () => {});
        ({ local } = made);
        remote = to;
        state = "connected";
      });
    },
    receive,
    shutDown(reading, writing) {
      if (state !== "connected") throw new ErrnoError("ENOTCONN");
      if (writing && !isEnded) {
        isEnded = true;
        line.ask("end", { id }, () => {});
      }
      if (reading) isOver = true;
    },
    ask(operation, given) {
      checkConnected();
      isAsking = true;
      answer = undefined;
      line.ask(operation, { ...given, id }, (come) => {
        isAsking = false;
        answer = encodeAnswer(come);
      });
    },
    takeAnswer() {
      waitFor(() => answer !== undefined || !isAsking);
      const taken = answer;
      if (taken === undefined) throw new ErrnoError("EINVAL");
      answer = undefined;
      return taken;
    },
    takeError,
    wait: (direction) => waitFor(direction === "read" ? canRead : canWrite),
  };
}

/** As JSON, where bytes are hexadecimal. */
function encodeAnswer(answer: NetworkAnswer): Uint8Array {
  const hex =
    "bytes" in answer
      ? Array.from(answer.bytes ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("")
      : "";
  const shown = "error" in answer ? answer : { value: answer.value, ...(hex === "" ? {} : { hex }) };
  return new TextEncoder().encode(JSON.stringify(shown));
}

/** What the C library knows; the rest is a failure of input or output. */
function errnoOf(type: string): Errno {
  return type in errnoNumbers ? (type as Errno) : "EIO";
}
