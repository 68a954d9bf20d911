import type { Pointer } from "../../abi/quickjs/exports.js";
import { evalFlags, type Vm } from "../../abi/quickjs/vm.js";
import { codeOf } from "./declarations.js";

/**
 * A script with top-level `await` ends by putting its completion value into an object: it makes an ordinary one and
 * assigns to its property `value`, which a setter on `Object.prototype` would take; and the promise that is settled
 * with the object asks it for `then`, which a getter there would answer. This file changes the instructions at the
 * script's end to others of the same length: an object without a prototype, on which the property is defined.
 */
export interface CompletionLayout {
  /** The atom `value`. */
  readonly valueAtom: number;
  /** The instructions of the end as the compiler writes it; between `dup` and `putField` the value is fetched. */
  readonly object: number;
  readonly dup: number;
  readonly putField: number;
  readonly returnAsync: number;
  /** What takes their places: two bytes for an object without a prototype, and the definition of a property. */
  readonly specialObject: number;
  readonly nullPrototype: number;
  readonly defineField: number;
}

/** An opcode and an atom. */
const fieldBytes = 5;
/** An opcode without an operand, or with one of one or two bytes. */
const fetchBytes = [1, 2, 3];

/** Finds the layout in known scripts. Throws if this is not the engine that the file was written for. */
export function findCompletionLayout(vm: Vm, codeField: number): CompletionLayout {
  const bytesOf = (code: string, flags: number): Uint8Array => {
    const cell = vm.evaluate(code, "layout", evalFlags.compileOnly | flags);
    const { start, end } = codeOf(vm, cell, codeField);
    const bytes = new Uint8Array(vm.exports.memory.buffer, start, end - start).slice();
    vm.free(cell);
    return bytes;
  };
  const valueAtom = vm.lend("value", (name, length) => vm.exports.JS_NewAtomLen(vm.context, name, length));
  const awaiting = bytesOf("1", evalFlags.async);
  const [specialObject = 0, nullPrototype = 0] = bytesOf("({ __proto__: null })", 0);
  const [object = 0, , defineField = 0] = bytesOf("({ value: 1 })", 0);
  // The value, its place, the end: object, dup, a fetch of one byte, putField, returnAsync.
  const end = awaiting.subarray(-(2 + 1 + fieldBytes + 1));
  const [, dup = 0, , putField = 0] = end;
  const [returnAsync = 0] = end.subarray(-1);
  const names = new DataView(end.buffer, end.byteOffset);
  if (end.length !== 9 || end[0] !== object || names.getUint32(4, true) !== valueAtom) {
    throw new Error("the completion values of this QuickJS build are not laid out as expected");
  }
  return { valueAtom, object, dup, putField, returnAsync, specialObject, nullPrototype, defineField };
}

/** Makes a compiled script with top-level `await` hand over its value whatever became of `Object.prototype`. */
export function protectCompletion(
  vm: Vm,
  layout: CompletionLayout & { readonly codeField: number },
  script: Pointer,
): void {
  const { start, end } = codeOf(vm, script, layout.codeField);
  const { view } = vm;
  const put = end - 1 - fieldBytes;
  if (view.getUint8(end - 1) !== layout.returnAsync || view.getUint8(put) !== layout.putField) return;
  if (view.getUint32(put + 1, true) !== layout.valueAtom) return;
  for (const fetch of fetchBytes) {
    const made = put - fetch - 2;
    if (made < start) return;
    if (view.getUint8(made) !== layout.object || view.getUint8(made + 1) !== layout.dup) continue;
    view.setUint8(made, layout.specialObject);
    view.setUint8(made + 1, layout.nullPrototype);
    view.setUint8(put, layout.defineField);
    return;
  }
}
