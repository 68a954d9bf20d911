import { parseBoundedJson } from "../../bounded-json.js";
import { guestEnd } from "../../guest-end.js";
import { inspectBounds, leastTextBytes, maxTypeBytes } from "../answer-limits.js";
import type { Channel } from "../channel.js";
import { decodeFrame, type Frame, FrameError } from "../frames.js";
import { type Guest, GuestCrash, GuestExit, type GuestStart, type RunResult } from "../guest.js";
import type { Image } from "../image.js";
import type { GuestProcess } from "../process-state.js";
import { callFunctionObject } from "./addresses.js";

/** What a CPython guest is made of, whatever it imports. */
export interface PythonParts {
  /** Holds the image. */
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly stackPointer: WebAssembly.Global;
  readonly channel: Channel;
  /** Whether the code was refused memory since this was asked last. */
  takeRefusal(): boolean;
  readonly process?: GuestProcess;
}

/** What an answer's head may be: names of parts, and a number or two. */
const frameBounds = { parts: 4, head: { bytes: 64 * 1024, depth: 1, members: 16 } };
/** Room for an answer's numbers, head and the name of a type. */
const besidesTextsBytes = 1024;

/**
 * Speaks with the driver in an image.
 *
 * @param maxTextBytes The most bytes of each text in the answer to a run.
 */
export function driveGuest(parts: PythonParts, image: Image, maxTextBytes: number): Guest {
  const { memory, table, stackPointer, channel, process } = parts;
  stackPointer.value = image.stackPointer;
  const { entry } = image.addresses;
  if (entry === undefined) throw new GuestCrash("the image has no entry function");

  /** What `read` cannot read is the guest's crash: its code has meddled with the channel. */
  function request<Answer>(message: object, maxAnswerBytes: number, read: (answer: Frame) => Answer): Answer {
    try {
      const first = ask(message, maxAnswerBytes);
      // Without the memory to read the request, the driver has given back what it had kept for this.
      const answer = isMemoryFull(first) ? ask(message, maxAnswerBytes) : first;
      if (isMemoryFull(answer)) throw new GuestCrash("its memory is full");
      return read(answer);
    } catch (cause) {
      throw cause instanceof GuestExit || cause instanceof GuestCrash
        ? cause
        : new GuestCrash("the driver's answer was garbled", { cause });
    }
  }

  function ask(message: object, maxAnswerBytes: number): Frame {
    channel.put(message, maxAnswerBytes + besidesTextsBytes);
    let result: number;
    try {
      result = callFunctionObject(memory, table, entry as number);
    } catch (error) {
      throw guestEnd(error);
    }
    if (result === 0 || stackPointer.value !== image.stackPointer) throw new GuestCrash("the driver failed");
    return decodeFrame(channel.take() ?? new Uint8Array(0), frameBounds);
  }

  /** Of the texts, an error and its message may come together. */
  const requestRun = (message: object) =>
    request({ ...message, maxTextBytes }, 2 * maxTextBytes, (answer) => readResult(answer, maxTextBytes));

  return {
    start(start: GuestStart) {
      const { error } = requestRun({ op: "start", ...start });
      if (error !== undefined) throw new GuestCrash(`the session could not start: ${error}`);
    },
    // After a run that may have kept all memory, the next one gets what the driver has held back.
    run: (run) => requestRun({ op: "run", ...run, ...(parts.takeRefusal() ? { isStarved: true } : {}) }),
    inspect: (question) =>
      request(
        { op: "inspect", ...question, maxTextBytes: leastTextBytes, maxInspectBytes: inspectBounds.bytes },
        inspectBounds.bytes,
        readInspected,
      ),
    // The driver holds some back for that.
    hasRoom: () => true,
    memory,
    ...(process === undefined ? {} : { process }),
  };
}

function isMemoryFull({ head }: Frame): boolean {
  return head.memoryFull !== undefined;
}

/** The driver keeps to the limits, so what does not is somebody else's. */
function readResult(answer: Frame, maxTextBytes: number): RunResult {
  const { error, type, message, result, exitCode, ...others } = answer.head;
  if (Object.keys(others).length > 0) throw new FrameError("it is no answer to a run");
  const texts = {
    error: textOf(answer, error, maxTextBytes),
    type: textOf(answer, type, maxTypeBytes),
    message: textOf(answer, message, maxTextBytes),
    result: textOf(answer, result, maxTextBytes),
  };
  if (exitCode !== undefined && !isByte(exitCode)) throw new FrameError("its exit code is none");
  return {
    ...(texts.error === undefined ? {} : { error: texts.error }),
    ...(texts.type === undefined || texts.message === undefined
      ? {}
      : { exception: { type: texts.type, message: texts.message } }),
    ...(texts.result === undefined ? {} : { result: texts.result }),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

/** Undefined if the driver had no answer, for want of memory or because it was interrupted. */
function readInspected(answer: Frame): unknown {
  const { inspected, ...others } = answer.head;
  if (inspected === undefined) {
    readResult(answer, leastTextBytes);
    return undefined;
  }
  if (Object.keys(others).length > 0) throw new FrameError("it is no answer to a question");
  return parseBoundedJson(partOf(answer, inspected), inspectBounds);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param index Where the head says that the text is; undefined if there is none. */
function textOf(answer: Frame, index: unknown, maxBytes: number): string | undefined {
  if (index === undefined) return undefined;
  const part = partOf(answer, index);
  if (part.length > maxBytes) throw new FrameError("a text in it is too long");
  return decoder.decode(part);
}

function partOf({ parts }: Frame, index: unknown): Uint8Array {
  const part = typeof index === "number" ? parts[index] : undefined;
  if (part === undefined) throw new FrameError("it names a part that there is not");
  return part;
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xff;
}
