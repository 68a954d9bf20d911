import { BinaryReader, MalformedModuleError } from "../../../wasm/binary.js";
import { customSectionName, readSections, sectionIds } from "../../../wasm/sections.js";
import { LinkError } from "./link-error.js";

/** What a side module says of itself: the section `dylink.0` of WebAssembly's dynamic linking convention. */
export interface Dylink {
  /** The bytes that its data takes, and the power of two that their address must be a multiple of. */
  readonly memoryBytes: number;
  readonly memoryAlignment: number;
  /** The slots that it takes of the function table, and the same of their place. */
  readonly tableSlots: number;
  readonly tableAlignment: number;
  /** The names of the libraries that it needs. */
  readonly needed: readonly string[];
  /** Where these may be, `$ORIGIN` standing for its own directory. */
  readonly runtimePaths: readonly string[];
  /** Imports that may be missing. */
  readonly weak: ReadonlySet<string>;
}

const parts = { memory: 1, needed: 2, imports: 4, runtimePaths: 5 } as const;
const bindingMask = 3;
const weakBinding = 1;
/** More than any compiler asks for, as powers of two. */
const greatestAlignment = 16;
/** A library that needs more than this is none. */
const mostNames = 1000;

/** @throws LinkError if it is no side module, or a malformed one. */
export function readDylink(module: Uint8Array): Dylink {
  try {
    const [first] = readSections(module);
    if (first?.id !== sectionIds.custom || customSectionName(first) !== "dylink.0") {
      throw new LinkError("is no side module of Emscripten's: it has no section dylink.0");
    }
    const reader = new BinaryReader(first.contents);
    reader.name();
    return readParts(reader);
  } catch (error) {
    if (error instanceof MalformedModuleError) throw new LinkError(`is a ${error.message}`);
    throw error;
  }
}

function readParts(reader: BinaryReader): Dylink {
  const found = { memoryBytes: 0, memoryAlignment: 0, tableSlots: 0, tableAlignment: 0 };
  const weak = new Set<string>();
  let needed: string[] = [];
  let runtimePaths: string[] = [];
  while (!reader.atEnd) {
    const kind = reader.byte();
    const part = new BinaryReader(reader.take(reader.u32()));
    switch (kind) {
      case parts.memory:
        found.memoryBytes = part.u32();
        found.memoryAlignment = part.u32();
        found.tableSlots = part.u32();
        found.tableAlignment = part.u32();
        break;
      case parts.needed:
        needed = readNames(part);
        break;
      case parts.runtimePaths:
        runtimePaths = readNames(part);
        break;
      case parts.imports:
        for (let left = part.u32(); left > 0; left--) {
          part.name();
          const name = part.name();
          if ((part.u32() & bindingMask) === weakBinding) weak.add(name);
        }
    }
  }
  if (Math.max(found.memoryAlignment, found.tableAlignment) > greatestAlignment) {
    throw new LinkError("asks in its section dylink.0 for an alignment that there is not");
  }
  return { ...found, needed, runtimePaths, weak };
}

function readNames(reader: BinaryReader): string[] {
  const count = reader.u32();
  if (count > mostNames)
    throw new LinkError(`names in its section dylink.0 more than ${mostNames} libraries`);
  return Array.from({ length: count }, () => reader.name());
}
