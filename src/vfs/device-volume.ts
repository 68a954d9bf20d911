import { ErrnoError } from "../errno.js";
import { readOnly } from "./read-only.js";
import { createStreamFile } from "./stream-file.js";
import type { FileStat, FileType } from "./types.js";
import type { DirectoryNode, FileNode, Volume } from "./volume.js";

interface Device {
  read(buffer: Uint8Array): number;
  write(bytes: Uint8Array): number;
}

const takeAll = (bytes: Uint8Array) => bytes.length;
const zeros = (buffer: Uint8Array) => buffer.fill(0).length;

const quietDevices: ReadonlyArray<readonly [name: string, device: Device]> = [
  ["null", { read: () => 0, write: takeAll }],
  ["zero", { read: zeros, write: takeAll }],
  [
    "full",
    {
      read: zeros,
      write() {
        throw new ErrnoError("ENOSPC");
      },
    },
  ],
];

/**
 * A volume for `/dev`: `null`, `zero`, `full`, `random` and `urandom`. Its directory cannot be changed.
 *
 * @param fillRandom Fills a buffer with what the last two give.
 */
export function createDeviceVolume(fillRandom: (buffer: Uint8Array) => void): Volume {
  const random: Device = {
    read(buffer) {
      fillRandom(buffer);
      return buffer.length;
    },
    write: takeAll,
  };
  const devices = [...quietDevices, ["random", random], ["urandom", random]] as const;
  const nodes = new Map<string, FileNode>();
  const stat = (type: FileType, mode: number, inode: bigint): FileStat => ({
    device: volume.device,
    inode,
    type,
    mode,
    linkCount: type === "directory" ? 2 : 1,
    size: 0,
    accessTimeNs: 0n,
    modifyTimeNs: 0n,
    changeTimeNs: 0n,
    storedBytes: 0,
  });
  const root: DirectoryNode = {
    type: "directory",
    get volume() {
      return volume;
    },
    parent: undefined,
    name: "",
    removed: false,
    isSame: (other) => other === root,
    stat: () => stat("directory", 0o555, 1n),
    lookup: (name) => nodes.get(name),
    *list() {
      for (const [name, node] of nodes) yield { name, type: node.type, inode: node.stat().inode };
    },
    ...readOnly,
    retain() {},
    release() {},
  };
  const volume: Volume = { root, readOnly: true, device: 0n, close() {} };
  for (const [name, device] of devices) {
    const inode = BigInt(nodes.size + 2);
    const deviceStat = () => stat("character", 0o666, inode);
    nodes.set(name, {
      type: "character",
      volume,
      stat: deviceStat,
      ...readOnly,
      open: ({ read, write, append, nonBlocking }) =>
        createStreamFile({
          ...(read === true && { read: device.read }),
          ...((write === true || append === true) && { write: device.write }),
          nonBlocking: nonBlocking === true,
          seekable: true,
          stat: deviceStat,
        }),
    });
  }
  return volume;
}
