import { checkJsonBounds, type JsonBounds, parseBoundedJson } from "../../bounded-json.js";
import { guestEnd } from "../../guest-end.js";
import { crossingBounds, inspectBounds, leastTextBytes, maxTypeBytes } from "../answer-limits.js";
import type { Channel } from "../channel.js";
import { decodeFrame, type Frame, FrameError } from "../frames.js";
import {
  type Guest,
  GuestCrash,
  GuestExit,
  type GuestStart,
  type RunResult,
  type SuspendedCall,
} from "../guest.js";
import type { CrossingValue, HostLine } from "../host-line.js";
import type { Image } from "../image.js";
import type { GuestProcess } from "../process-state.js";
import { callFunctionObject } from "./addresses.js";
import { stackLimiter } from "./stack-limit.js";

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
  /** How calls of the host get there. Absent: there are none. */
  readonly line?: HostLine;
}

/** An error, its type and message, or a result. */
const mostTexts = 4;
/** What an answer's head may be: names of parts, and a number or two. */
const frameBounds = {
  parts: mostTexts + crossingBounds.parts,
  head: { bytes: 64 * 1024, depth: 1, members: 16 },
};
/** Of the list of calls that a suspended run waits for. */
const suspendedBounds: JsonBounds = { bytes: 1024 * 1024, depth: 2, members: 50_000 };
/** Room for an answer's numbers, head and the name of a type. */
const besidesTextsBytes = 1024;

/**
 * Speaks with the driver in an image.
 *
 * @param maxTextBytes The most bytes of each text in the answer to a run.
 * @param stackBytes The stack that the host has. Default: as much as the interpreter believes in.
 * @param stackRatio See `stackLimiter`.
 */
export function driveGuest(
  parts: PythonParts,
  image: Image,
  maxTextBytes: number,
  stackBytes = Number.POSITIVE_INFINITY,
  stackRatio?: number,
): Guest {
  const { memory, table, stackPointer, channel, process, line } = parts;
  stackPointer.value = image.stackPointer;
  const { entry } = image.addresses;
  if (entry === undefined) throw new GuestCrash("the image has no entry function");
  const limitStack = stackLimiter(memory, image.stackPointer, image.addresses, stackBytes, stackRatio);

  /** What `read` cannot read is the guest's crash: its code has meddled with the channel. */
  function request<Answer>(
    message: object,
    maxAnswerBytes: () => number,
    read: (answer: Frame) => Answer,
  ): Answer {
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

  function ask(message: object, maxAnswerBytes: () => number): Frame {
    channel.put(message, () => maxAnswerBytes() + besidesTextsBytes);
    limitStack?.();
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
  const requestRun = (message: { readonly op: string; readonly wantsValue?: boolean }) => {
    const maxValueBytes = message.wantsValue === true ? (line?.maxCallBytes ?? 0) : 0;
    // A suspended run tells the arguments of its calls again.
    const maxAnswerBytes = () => 2 * maxTextBytes + Math.max(maxValueBytes, line?.pendingBytes() ?? 0);
    return request({ ...message, maxTextBytes }, maxAnswerBytes, (answer) =>
      readResult(answer, maxTextBytes),
    );
  };

  return {
    start(start: GuestStart) {
      const { error } = requestRun({ op: "start", ...start });
      if (error !== undefined) throw new GuestCrash(`the session could not start: ${error}`);
    },
    // After a run that may have kept all memory, the next one gets what the driver has held back.
    run: (run) =>
      requestRun({
        op: "run",
        ...run,
        ...(line === undefined ? {} : { maxCallBytes: line.maxCallBytes }),
        ...(parts.takeRefusal() ? { isStarved: true } : {}),
      }),
    inspect: (question) =>
      request(
        { op: "inspect", ...question, maxTextBytes: leastTextBytes, maxInspectBytes: inspectBounds.bytes },
        () => inspectBounds.bytes,
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
  const { error, type, message, result, exitCode, value, suspended, ...others } = answer.head;
  if (Object.keys(others).length > 0) throw new FrameError("it is no answer to a run");
  if (value === undefined && suspended === undefined && answer.parts.length > mostTexts) {
    throw new FrameError("it has more parts than it may");
  }
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
    ...(value === undefined ? {} : { value: crossingOf(answer.parts.slice(indexOf(answer, value))) }),
    ...(suspended === undefined ? {} : { suspended: readSuspended(answer, indexOf(answer, suspended)) }),
  };
}

/** The list stands in a part, and the arguments of each call in those behind it. */
function readSuspended({ parts }: Frame, index: number): SuspendedCall[] {
  const calls = parseBoundedJson(parts[index] ?? new Uint8Array(0), suspendedBounds);
  if (!Array.isArray(calls)) throw new FrameError("its list of calls is none");
  let at = index + 1;
  return calls.map((call) => {
    const [id, name, byteParts] = Object(call);
    const isSound = Number.isSafeInteger(id) && typeof name === "string" && isCount(byteParts);
    if (!isSound) throw new FrameError("a call in it is none");
    const args = crossingOf(parts.slice(at, at + 1 + byteParts));
    at += 1 + byteParts;
    return { id, name, args };
  });
}

function crossingOf([json, ...bytes]: readonly Uint8Array[]): CrossingValue {
  if (json === undefined) throw new FrameError("a value in it is not there");
  checkJsonBounds(json, crossingBounds.json);
  // Copies, since the rest of the answer is not to be kept for them.
  return { json: decoder.decode(json), bytes: bytes.map((part) => part.slice()) };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= crossingBounds.parts;
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

function partOf(answer: Frame, index: unknown): Uint8Array {
  return answer.parts[indexOf(answer, index)] as Uint8Array;
}

function indexOf({ parts }: Frame, index: unknown): number {
  if (typeof index === "number" && parts[index] !== undefined) return index;
  throw new FrameError("it names a part that there is not");
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xff;
}
