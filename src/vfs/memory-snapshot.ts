import { ErrnoError } from "../errno.js";
import { createReturnable } from "../returnable-bytes.js";
import {
  MemoryDirectory,
  MemoryFile,
  MemoryLink,
  type MemoryMetadata,
  type MemoryNode,
} from "./memory-nodes.js";
import { createMemoryVolume, type MemoryVolume, type MemoryVolumeOptions } from "./memory-volume.js";
import { isValidName, maxPathBytes } from "./names.js";

/**
 * A memory volume as bytes: a little-endian length, a JSON index of that length, and the files' stored bytes in the
 * index's order. Node 0 is the root. Files that are open but have no name are not kept.
 */
interface Index {
  readonly version: 1;
  readonly nodes: readonly IndexNode[];
}

interface IndexNode {
  readonly inode: number;
  readonly mode: number;
  /** Access, modification and change time: nanoseconds since 1970, in decimal. */
  readonly times: readonly [string, string, string];
  /** A file: its size, and `[offset, length]` of the stretches that are stored. */
  readonly file?: { readonly size: number; readonly stretches: ReadonlyArray<readonly [number, number]> };
  readonly target?: string;
  /** A directory: names and node numbers. */
  readonly entries?: ReadonlyArray<readonly [string, number]>;
}

/** Takes the whole tree as bytes: contents, links, hard links, modes and times. The result is a copy, and returnable. */
export function snapshotMemoryVolume(volume: MemoryVolume): Uint8Array {
  const numbers = new Map<MemoryNode, number>();
  const found: MemoryNode[] = [];
  const numberOf = (node: MemoryNode): number => {
    let number = numbers.get(node);
    if (number === undefined) {
      number = found.push(node) - 1;
      numbers.set(node, number);
    }
    return number;
  };
  numberOf(volume.root);
  const nodes: IndexNode[] = [];
  const pieces: Uint8Array[] = [];
  // `found` grows while it is walked, so no tree is too deep.
  for (const node of found) {
    const { inode, mode, accessTimeNs, modifyTimeNs, changeTimeNs } = node.metadata;
    const common = {
      inode: Number(inode),
      mode,
      times: [`${accessTimeNs}`, `${modifyTimeNs}`, `${changeTimeNs}`],
    } as const;
    if (node instanceof MemoryDirectory) {
      nodes.push({ ...common, entries: [...node.entries].map(([name, child]) => [name, numberOf(child)]) });
    } else if (node instanceof MemoryLink) {
      nodes.push({ ...common, target: node.readTarget() });
    } else {
      const stretches = node.bytes.stretches();
      for (const { bytes } of stretches) pieces.push(bytes);
      const file = {
        size: node.size(),
        stretches: stretches.map(({ offset, bytes }) => [offset, bytes.length] as const),
      };
      nodes.push({ ...common, file });
    }
  }
  return concatenate({ version: 1, nodes }, pieces);
}

function concatenate(index: Index, pieces: readonly Uint8Array[]): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(index));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 4 + header.length);
  const bytes = createReturnable(length);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let offset = 4 + header.length;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/**
 * Makes a volume from what `snapshotMemoryVolume` gave. Nothing in `bytes` is trusted: `EINVAL` with a reason if it
 * is not a snapshot, `ENOSPC` or `EFBIG` if it is larger than `options` allow.
 */
export function restoreMemoryVolume(bytes: Uint8Array, options: MemoryVolumeOptions = {}): MemoryVolume {
  const { nodes, data } = parse(bytes);
  let highest = 1;
  for (const { inode } of nodes) highest = Math.max(highest, inode);
  const volume = createMemoryVolume(options);
  volume.reserveInodes(BigInt(highest));
  const made: MemoryNode[] = [volume.root];
  Object.assign(volume.root.metadata, metadataOf(nodes[0] as IndexNode));
  let offset = 0;
  for (const node of nodes.slice(1)) {
    const metadata = metadataOf(node);
    if (node.entries !== undefined) made.push(new MemoryDirectory(volume, 0, metadata));
    else if (node.target !== undefined) made.push(new MemoryLink(volume, node.target, metadata));
    else made.push(new MemoryFile(volume, 0, metadata));
  }
  for (const [number, { entries = [] }] of nodes.entries()) {
    const directory = made[number];
    for (const [name, child] of entries) {
      const node = made[child];
      const isSecond = node instanceof MemoryDirectory && (node.linkCount > 0 || child === 0);
      if (node === undefined || isSecond) invalid("an entry names no node, or a directory twice");
      if (directory instanceof MemoryDirectory) directory.add(name, node);
    }
  }
  checkConnected(made);
  for (const [number, { file }] of nodes.entries()) {
    const node = made[number];
    if (file === undefined || !(node instanceof MemoryFile)) continue;
    for (const [start, length] of file.stretches) {
      if (length > data.length - offset || start + length > file.size) invalid("bytes are missing");
      if (node.bytes.write(data.subarray(offset, offset + length), start) < length) {
        throw new ErrnoError("ENOSPC", "the snapshot is larger than the volume may be");
      }
      offset += length;
    }
    node.bytes.truncate(file.size);
  }
  if (offset !== data.length) invalid("bytes are left over");
  // Last, for adding entries has touched them.
  for (const [number, node] of nodes.entries())
    Object.assign((made[number] as MemoryNode).metadata, metadataOf(node));
  return volume;
}

/** With one parent for each directory at most, all hang together just if each is reached from the root. */
function checkConnected(nodes: readonly MemoryNode[]): void {
  const reached = new Set<MemoryNode>(nodes.slice(0, 1));
  for (const node of reached) {
    if (node instanceof MemoryDirectory) for (const child of node.entries.values()) reached.add(child);
  }
  if (reached.size !== nodes.length) invalid("a node has no place in the tree");
}

function metadataOf({ inode, mode, times }: IndexNode): MemoryMetadata {
  const [accessTimeNs, modifyTimeNs, changeTimeNs] = times;
  return {
    inode: BigInt(inode),
    mode,
    accessTimeNs: BigInt(accessTimeNs),
    modifyTimeNs: BigInt(modifyTimeNs),
    changeTimeNs: BigInt(changeTimeNs),
  };
}

function parse(bytes: Uint8Array): { nodes: readonly IndexNode[]; data: Uint8Array } {
  if (bytes.length < 4) invalid("too short");
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  if (length > bytes.length - 4) invalid("too short");
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(4, 4 + length)));
  } catch (cause) {
    throw new ErrnoError("EINVAL", "not a file system snapshot: no index", { cause });
  }
  if (!isRecord(index) || index.version !== 1 || !Array.isArray(index.nodes)) invalid("no index");
  const nodes: unknown[] = index.nodes;
  if (!nodes.every(isNode) || nodes[0]?.entries === undefined) invalid("a node is malformed");
  if (new Set(nodes.map(({ inode }) => inode)).size !== nodes.length) invalid("an inode is used twice");
  return { nodes, data: bytes.subarray(4 + length) };
}

function isNode(node: unknown): node is IndexNode {
  if (!isRecord(node) || !isSize(node.inode) || !isSize(node.mode) || node.mode > 0o7777) return false;
  if (!Array.isArray(node.times) || node.times.length !== 3 || !node.times.every(isTime)) return false;
  const { file, target, entries } = node;
  if ([file, target, entries].filter((part) => part !== undefined).length !== 1) return false;
  if (target !== undefined) return isTarget(target);
  if (entries !== undefined) {
    return isPairs(entries) && entries.every(([name, child]) => isValidName(name) && isSize(child));
  }
  if (!isRecord(file) || !isSize(file.size) || !isPairs(file.stretches)) return false;
  return file.stretches.every(([offset, length]) => isSize(offset) && isSize(length));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPairs(value: unknown): value is Array<[unknown, unknown]> {
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTime(value: unknown): boolean {
  return typeof value === "string" && /^-?\d{1,20}$/.test(value);
}

function isTarget(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= maxPathBytes && !value.includes("\0");
}

function invalid(reason: string): never {
  throw new ErrnoError("EINVAL", `not a file system snapshot: ${reason}`);
}
