import { BinaryReader } from "./binary.js";
import { type FunctionType, skipSegmentHead } from "./function-numbers.js";
import { readInstruction } from "./instructions.js";
import { skipValueType } from "./value-types.js";

export interface CallingParts {
  readonly types: readonly FunctionType[];
  /** The types of the module's own functions. */
  readonly defined: readonly number[];
  /** How many functions are imported, which are numbered before those. */
  readonly imported: number;
  readonly code: Uint8Array;
  readonly elements: Uint8Array;
  /** The functions that the host may call by name. */
  readonly exported: readonly number[];
}

export interface Calls {
  /** Whether a function, by its place among the module's own, may come to be called while it runs. */
  isRecursive(place: number): boolean;
}

const codes = { call: 0x10, callIndirect: 0x11 };

/**
 * Which functions call each other in circles. A call through a table may reach each function of its type that a table
 * holds, and an imported function may call all that tables hold, and what is exported.
 */
export function readCalls(parts: CallingParts): Calls {
  const { types, defined, imported } = parts;
  const names = types.map(({ parameters, results }) => `${parameters}>${results}`);
  /** For each type, behind the functions, a node that leads to those of it that tables hold; then one for the host. */
  const nodeOfType = (type: number) => defined.length + names.indexOf(names[type] as string);
  const edges: number[][] = Array.from({ length: defined.length + types.length + 1 }, () => []);
  const host = edges.length - 1;
  const lead = (node: number, index: number) => {
    if (index >= imported) edges[node]?.push(index - imported);
  };
  for (const index of parts.exported) lead(host, index);
  for (const index of heldFunctions(parts.elements)) {
    lead(host, index);
    if (index >= imported) lead(nodeOfType(defined[index - imported] as number), index);
  }
  const reader: BinaryReader = new BinaryReader(parts.code);
  const count = reader.u32();
  for (let place = 0; place < count; place++) {
    const length = reader.u32();
    const body: BinaryReader = new BinaryReader(parts.code, reader.offset, reader.offset + length);
    reader.skip(length);
    for (let groups = body.u32(); groups > 0; groups--) {
      body.u32();
      skipValueType(body);
    }
    const called = new Set<number>();
    while (!body.atEnd) {
      const start = body.offset;
      const operation = readInstruction(body);
      if (operation === codes.call) {
        const index = new BinaryReader(parts.code, start + 1).u32();
        called.add(index < imported ? host : index - imported);
      } else if (operation === codes.callIndirect) {
        called.add(nodeOfType(new BinaryReader(parts.code, start + 1).u32()));
      }
    }
    edges[place] = [...called];
  }
  const circles = circlesOf(edges);
  return { isRecursive: (place) => circles.has(place) };
}

/** The functions that segments put into tables, in whatever order. */
function heldFunctions(contents: Uint8Array): Set<number> {
  const reader: BinaryReader = new BinaryReader(contents);
  const held = new Set<number>();
  for (let left = reader.u32(); left > 0; left--) {
    skipSegmentHead(reader);
    for (let entries = reader.u32(); entries > 0; entries--) held.add(reader.u32());
  }
  return held;
}

/** The nodes of a graph that lie on circles (Tarjan's strongly connected components, without recursion). */
function circlesOf(edges: readonly (readonly number[])[]): Set<number> {
  const order = new Int32Array(edges.length).fill(-1);
  const lowest = new Int32Array(edges.length);
  const isOpen = new Uint8Array(edges.length);
  const open: number[] = [];
  const circles = new Set<number>();
  let next = 0;
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path: { node: number; edge: number }[] = [];
    const enter = (node: number) => {
      order[node] = next;
      lowest[node] = next++;
      isOpen[node] = 1;
      open.push(node);
      path.push({ node, edge: 0 });
    };
    enter(root);
    while (path.length > 0) {
      const step = path[path.length - 1] as { node: number; edge: number };
      const { node } = step;
      const target = edges[node]?.[step.edge++];
      if (target !== undefined) {
        if (order[target] === -1) enter(target);
        else if (isOpen[target] === 1)
          lowest[node] = Math.min(lowest[node] as number, order[target] as number);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1]?.node;
      if (parent !== undefined) {
        lowest[parent] = Math.min(lowest[parent] as number, lowest[node] as number);
      }
      if (lowest[node] !== order[node]) continue;
      const component = open.splice(open.lastIndexOf(node));
      for (const member of component) {
        isOpen[member] = 0;
        if (component.length > 1 || edges[member]?.includes(member) === true) circles.add(member);
      }
    }
  }
  return circles;
}
