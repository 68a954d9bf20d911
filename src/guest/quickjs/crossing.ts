import type { Pointer } from "../../abi/quickjs/exports.js";
import type { Vm } from "../../abi/quickjs/vm.js";
import { checkJsonBounds, type JsonBounds, parseBoundedJson } from "../../bounded-json.js";
import { crossingBounds } from "../answer-limits.js";
import type { CrossingValue } from "../host-line.js";

/** What is no value of the driver's making: the guest's memory may be a stranger's. */
export class CrossingFault extends RangeError {}

/** Besides the sizes: a call's id, and the function's name. */
const headBounds: JsonBounds = { bytes: 256 * 1024, depth: 1, members: crossingBounds.parts + 3 };

/** The driver's JSON of a few words, and of the sizes of the parts. */
export function readHead(vm: Vm, cell: Pointer): unknown[] {
  const head = vm.withBytes(cell, (bytes) => {
    try {
      return parseBoundedJson(bytes, headBounds);
    } catch (cause) {
      throw new CrossingFault("the head of a value is none", { cause });
    }
  });
  if (!Array.isArray(head)) throw new CrossingFault("the head of a value is none");
  return head;
}

/**
 * Copies a value out of the guest. A `RangeError` if it is over the bounds of what may cross.
 *
 * @param json A cell with the JSON.
 * @param buffer A cell with an ArrayBuffer of the bytes, or anything else if there are none.
 */
export function readCrossing(
  vm: Vm,
  json: Pointer,
  sizes: readonly unknown[],
  buffer: Pointer,
): CrossingValue {
  const text = vm.withBytes(json, (bytes) => {
    checkJsonBounds(bytes, crossingBounds.json);
    return decoder.decode(bytes);
  });
  if (text === undefined) throw new CrossingFault("a value is none");
  return { json: text, bytes: sizes.length === 0 ? [] : partsOf(vm.bufferBytes(buffer), sizes) };
}

const decoder = new TextDecoder();

function partsOf(bytes: Uint8Array, sizes: readonly unknown[]): Uint8Array[] {
  let at = 0;
  return sizes.map((size) => {
    const isSound = typeof size === "number" && Number.isInteger(size) && size >= 0;
    if (!isSound || at + size > bytes.length) throw new CrossingFault("the bytes of a value are not there");
    at += size;
    return bytes.slice(at - size, at);
  });
}

/** A value of the guest's as data, which may run its code. Undefined with an exception pending if it cannot cross. */
export function valueAsData(vm: Vm, packed: Pointer, value: Pointer): CrossingValue | undefined {
  const list = vm.call(packed, value);
  if (vm.isException(list)) return undefined;
  const cells = [0, 1, 2].map((index) => vm.exports.qjs_get_prop_uint32(list, index));
  const [json = 0, sizes = 0, buffer = 0] = cells;
  try {
    return readCrossing(vm, json, readHead(vm, sizes), buffer);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    vm.throwError(error.message);
    return undefined;
  } finally {
    for (const cell of [list, ...cells]) vm.free(cell);
  }
}

export function bytesOfCrossing({ json, bytes }: CrossingValue): number {
  return bytes.reduce((sum, part) => sum + part.length, json.length);
}
