import type { Channel } from "../channel.js";
import { type Guest, GuestCrash, GuestExit, type GuestStart, type RunResult } from "../guest.js";
import { type Image, loadImage } from "../image.js";
import type { GuestProcess } from "../process-state.js";
import { callFunctionObject } from "./addresses.js";

/** What a CPython guest is made of, whatever it imports. */
export interface PythonParts {
  /** All zero, and no larger than the image. */
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly stackPointer: WebAssembly.Global;
  readonly channel: Channel;
  readonly process?: GuestProcess;
}

/** Loads the image and speaks with the driver in it. */
export function driveGuest(parts: PythonParts, image: Image): Guest {
  const { memory, table, stackPointer, channel, process } = parts;
  loadImage(image, memory);
  stackPointer.value = image.stackPointer;
  const { entry } = image.addresses;
  if (entry === undefined) throw new GuestCrash("the image has no entry function");

  function request(message: object): unknown {
    channel.put(message);
    let result: number;
    try {
      result = callFunctionObject(memory, table, entry as number);
    } catch (error) {
      if (error instanceof GuestExit || error instanceof GuestCrash) throw error;
      throw new GuestCrash(crashReason(error), { cause: error });
    }
    if (result === 0 || stackPointer.value !== image.stackPointer) throw new GuestCrash("the driver failed");
    return parseAnswer(channel.take());
  }

  return {
    start(start: GuestStart) {
      const message = { op: "start", args: start.args, env: start.env, cwd: start.cwd };
      const { error } = readResult(request(message));
      if (error !== undefined) throw new GuestCrash(`the session could not start: ${error}`);
    },
    run: (run) => readResult(request({ op: "run", ...run })),
    inspect: (question) => Object(request({ op: "inspect", ...question })).inspected,
    memory,
    ...(process === undefined ? {} : { process }),
  };
}

function crashReason(error: unknown): string {
  if (error instanceof RangeError) return "the interpreter's stack overflowed";
  return error instanceof Error ? error.message : String(error);
}

function parseAnswer(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new GuestCrash("the driver's answer was garbled", { cause });
  }
}

/** The guest's own code can write to the channel as well, so only fields of the right type are taken over. */
function readResult(answer: unknown): RunResult {
  const { error, exception, result, exitCode, memoryFull } = Object(answer);
  if (memoryFull === true) throw new GuestCrash("its memory is full");
  return {
    ...(typeof error === "string" ? { error } : {}),
    ...(typeof exception?.type === "string" && typeof exception.message === "string"
      ? { exception: { type: exception.type, message: exception.message } }
      : {}),
    ...(typeof result === "string" ? { result } : {}),
    ...(Number.isInteger(exitCode) ? { exitCode } : {}),
  };
}
