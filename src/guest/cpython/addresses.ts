/** Offsets into CPython's objects on a 32-bit machine, the same from 3.12 on. */
const offsets = {
  /** `PyObject.ob_type`. */
  type: 4,
  /** `PyTypeObject.tp_vectorcall_offset`. */
  vectorcallOffset: 28,
};

/** Larger than any count that references can reach: the object is never freed. */
const everlasting = 0x5000_0000;

/** Keeps an object alive whatever the guest's code does with its references. */
export function immortalise(memory: WebAssembly.Memory, object: number): void {
  new DataView(memory.buffer).setUint32(object, everlasting, true);
}

/**
 * Calls a Python function object without arguments through its vectorcall slot, as the interpreter itself does
 * (PEP 590). Gives the address of the result, 0 if an exception was left.
 */
export function callFunctionObject(
  memory: WebAssembly.Memory,
  table: WebAssembly.Table,
  object: number,
): number {
  const view = new DataView(memory.buffer);
  const type = view.getUint32(object + offsets.type, true);
  const slot = view.getUint32(type + offsets.vectorcallOffset, true);
  const vectorcall = table.get(view.getUint32(object + slot, true));
  if (vectorcall === null) throw new TypeError("the driver is no function any more");
  return (vectorcall as (...args: number[]) => number)(object, 0, 0, 0);
}
