import {
  type Guest,
  GuestCrash,
  GuestExit,
  type GuestHost,
  type GuestStart,
  type RunResult,
} from "../guest.js";
import { type Image, loadImage } from "../image.js";
import { callFunctionObject } from "./addresses.js";
import { instantiatePython } from "./instance.js";

/** A CPython session's guest, made from the lean module and the image in a few milliseconds. */
export function createPythonGuest(module: WebAssembly.Module, image: Image, host: GuestHost): Guest {
  const { memory, table, stackPointer, channel, process } = instantiatePython(module, host, {});
  loadImage(image, memory);
  stackPointer.value = image.stackPointer;
  const { entry } = image.addresses;
  if (entry === undefined) throw new GuestCrash("the image has no entry function");

  function request(message: object): RunResult {
    channel.put(message);
    let result: number;
    try {
      result = callFunctionObject(memory, table, entry as number);
    } catch (error) {
      if (error instanceof GuestExit || error instanceof GuestCrash) throw error;
      throw new GuestCrash(crashReason(error), { cause: error });
    }
    if (result === 0 || stackPointer.value !== image.stackPointer) throw new GuestCrash("the driver failed");
    return readAnswer(channel.take());
  }

  return {
    start(start: GuestStart) {
      const { error } = request({ op: "start", args: start.args, env: start.env, cwd: start.cwd });
      if (error !== undefined) throw new GuestCrash(`the session could not start: ${error}`);
    },
    run: (run) => request({ op: "run", ...run }),
    memory,
    process,
  };
}

function crashReason(error: unknown): string {
  if (error instanceof RangeError) return "the interpreter's stack overflowed";
  return error instanceof Error ? error.message : String(error);
}

/** The guest's own code can write to the channel as well, so only fields of the right type are taken over. */
function readAnswer(text: string | undefined): RunResult {
  let answer: unknown;
  try {
    answer = JSON.parse(text ?? "");
  } catch (cause) {
    throw new GuestCrash("the driver's answer was garbled", { cause });
  }
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
