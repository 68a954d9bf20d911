import { guardStack } from "../../wasm/guard-stack.js";
import type { Image } from "../image.js";
import type { BootedPython } from "./boot.js";
import { channelDescriptor } from "./channel-descriptor.js";

/**
 * Types whose objects ask others of their kind for the next item or for their hash, or call them, without a look at the
 * stack: `map(f, map(f, ...))`, `hash(((...),))`, methods of methods.
 */
const guardedTypes = {
  iternext:
    "[map, filter, zip, enumerate] + [each for each in vars(itertools).values() if hasattr(each, '__next__')]",
  hash: "[tuple, slice, types.GenericAlias, types.UnionType, types.MappingProxyType]",
  vectorcall: "[types.MethodType, functools.partial]",
};

type GuardedSlot = keyof typeof guardedTypes;

/** The most that the interpreter tells of them, in bytes. */
const maxListBytes = 10_000;

/** Offsets in `PyTypeObject`; how its objects are called stands in each of them, and where in their type. */
const offsets = { name: 12, vectorcallOffset: 28, hash: 60, iternext: 112 };

/** What each takes of the stack besides its own frame; see `StackGuard`. */
const guardFrameBytes = 64;

/** What the functions give that report an error. */
const failures = { iternext: 0, hash: -1, vectorcall: 0 };

/** The interpreter's own words for it, behind "maximum recursion depth exceeded". */
const where = " while calling a Python object\0";

export interface PythonGuards {
  /** Slots of the function table. */
  readonly slots: Readonly<Record<GuardedSlot, readonly number[]>>;
  /** Where the interpreter has its words. */
  readonly whereAt: number;
}

/** Finds what is to be guarded. Throws if this is not the interpreter that the file was written for. */
export function findGuards({ instance, runCode }: BootedPython): PythonGuards {
  const { memory, channel } = instance;
  channel.put({}, maxListBytes);
  runCode(listingCode);
  const listed: Record<GuardedSlot, Listed[]> = JSON.parse(new TextDecoder().decode(channel.take()));
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const wordAt = (at: number) => view.getUint32(at, true);
  const textAt = (at: number) => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  const slotOf = (kind: GuardedSlot, [name, type, object]: Listed) => {
    if (
      textAt(wordAt(type + offsets.name))
        .split(".")
        .at(-1) !== name
    )
      throw new Error(`the type ${name} is not laid out as expected`);
    if (kind === "vectorcall") return wordAt(object + wordAt(type + offsets.vectorcallOffset));
    return wordAt(type + offsets[kind]);
  };
  const slotsOf = (kind: GuardedSlot) => [...new Set(listed[kind].map((each) => slotOf(kind, each)))];
  const whereAt = indexOfText(bytes, where);
  if (whereAt < 0) throw new Error("the interpreter has other words for too deep a recursion");
  return {
    slots: { iternext: slotsOf("iternext"), hash: slotsOf("hash"), vectorcall: slotsOf("vectorcall") },
    whereAt,
  };
}

/** A type's name and address, and the address of an object of it, or 0. */
type Listed = readonly [name: string, type: number, object: number];

/**
 * The package's module with these guards. What they raise is a RecursionError, as elsewhere.
 *
 * @param image Of the same interpreter: it tells where the limit is.
 */
export function guardPython(
  bytes: Uint8Array,
  { addresses }: Image,
  { slots, whereAt }: PythonGuards,
): Uint8Array {
  const { stackLimitAt } = addresses;
  if (stackLimitAt === undefined) throw new Error("the image does not tell where the stack's limit is");
  let guarded = bytes;
  for (const kind of Object.keys(guardedTypes) as GuardedSlot[]) {
    guarded = guardStack(guarded, {
      slots: slots[kind],
      report: { name: "Py_EnterRecursiveCall", numbers: [whereAt], result: failures[kind] },
      stackPointer: "__stack_pointer",
      limitAddress: stackLimitAt,
      frameBytes: guardFrameBytes,
    });
  }
  return guarded;
}

function indexOfText(bytes: Uint8Array, text: string): number {
  const searched = new TextEncoder().encode(text);
  for (let at = bytes.indexOf(searched[0] ?? 0); at >= 0; at = bytes.indexOf(searched[0] ?? 0, at + 1)) {
    if (searched.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

const listingCode = `
def list_types():
    import functools, itertools, json, os, types
    made = {types.MethodType: types.MethodType(int, 1), functools.partial: functools.partial(int)}
    listed = {${Object.entries(guardedTypes).map(([kind, list]) => `"${kind}": ${list}`)}}
    numbers = {
        kind: [[each.__name__, id(each), id(made[each]) if each in made else 0] for each in types]
        for kind, types in listed.items()
    }
    os.write(${channelDescriptor}, json.dumps(numbers).encode())
list_types()
`;
