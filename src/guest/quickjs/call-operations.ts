import type { Pointer } from "../../abi/quickjs/exports.js";
import type { OtherOperations } from "../../abi/quickjs/host-calls.js";
import { hostOperations } from "../../abi/quickjs/host-operations.js";
import type { Vm } from "../../abi/quickjs/vm.js";
import type { HostAnswer, HostLine } from "../host-line.js";
import { readCrossing, readHead } from "./crossing.js";

/**
 * The driver's operations for calls of the host's functions, and for what the code shows; see `hostOperations`.
 *
 * @param line Absent: there is nobody to call, and nobody to see.
 * @param interrupted Whether the run is to stop.
 */
export function createCallOperations(
  vm: () => Vm,
  line: HostLine | undefined,
  interrupted: () => boolean,
): OtherOperations {
  let last: HostAnswer | undefined;

  function call(line: HostLine, head: Pointer, json: Pointer, buffer: Pointer): Pointer {
    const [id, name, ...sizes] = readHead(vm(), head);
    if (!Number.isSafeInteger(id) || typeof name !== "string") return noSuch("call");
    try {
      line.call({ id: id as number, name, args: readCrossing(vm(), json, sizes, buffer) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      line.refuse(id as number, error.message);
    }
    return isToStop(line) ? vm().throwUncatchable() : vm().exports.qjs_get_undefined();
  }

  function receive(line: HostLine, waitMs: number): Pointer {
    last = undefined;
    last = line.receive(waitMs);
    if (last !== undefined) return vm().newString(textOf(last));
    return isToStop(line) ? vm().throwUncatchable() : vm().exports.qjs_get_undefined();
  }

  /** The notice that wakes a wait must end the run before it waits again. */
  function isToStop(line: HostLine): boolean {
    return line.isInterrupted() && interrupted();
  }

  function noSuch(what: string): Pointer {
    return vm().throwError(`no such ${what}`);
  }

  function receivedBytes(): Pointer {
    const parts = last !== undefined && "value" in last ? last.value.bytes : [];
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return vm().newBuffer(only);
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return vm().newBuffer(joined);
  }

  function perform(
    line: HostLine,
    operation: number,
    first: Pointer,
    second: Pointer,
    third: Pointer,
  ): Pointer | undefined {
    const { exports } = vm();
    switch (operation) {
      case hostOperations.call:
        return call(line, first, second, third);
      case hostOperations.cancel:
        line.cancel(exports.qjs_get_float64(first));
        return exports.qjs_get_undefined();
      case hostOperations.receive:
        return receive(line, exports.qjs_get_float64(first));
      case hostOperations.receivedBytes:
        return receivedBytes();
      case hostOperations.receivedCall:
        return exports.qjs_new_number(last?.id ?? 0);
      case hostOperations.display:
        line.display(readCrossing(vm(), second, readHead(vm(), first), third));
        return exports.qjs_new_number(1);
      default:
        return undefined;
    }
  }

  return (operation, first, second, third) => {
    if (line === undefined) {
      return operation === hostOperations.display ? vm().exports.qjs_new_number(0) : undefined;
    }
    try {
      return perform(line, operation, first, second, third);
    } catch (error) {
      // What is over a bound, or was never the driver's.
      if (error instanceof RangeError) return vm().throwError(error.message);
      throw error;
    }
  };
}

function textOf(answer: HostAnswer): string {
  const { id } = answer;
  if ("value" in answer) {
    const { json, bytes } = answer.value;
    const isPlain = bytes.length === 0 && !json.includes('"$object"');
    return isPlain
      ? `[0,${id},${json}]`
      : `[1,${id},${json},[${bytes.map((part) => part.length).join(",")}]]`;
  }
  if ("error" in answer) {
    const { type, message } = answer.error;
    return `[2,${id},${JSON.stringify(type)},${JSON.stringify(message)}]`;
  }
  return `[3,${id}]`;
}
