import { ErrnoError } from "../../errno.js";
import type { GuestMemory } from "../guest-memory.js";

/** An address and a port, as a socket has them at its ends. */
export interface SocketAddress {
  /** IPv4 in decimal, IPv6 in its groups. */
  readonly address: string;
  readonly port: number;
}

export const families = { unspecified: 0, inet: 2, inet6: 10 } as const;

const bytesOf4 = 16;
const bytesOf6 = 28;

/** Reads a `struct sockaddr`. `EAFNOSUPPORT` for families other than those of IP. */
export function readSocketAddress(memory: GuestMemory, pointer: number, length: number): SocketAddress {
  if (length < 2) throw new ErrnoError("EINVAL");
  const family = memory.u16(pointer);
  const isIPv6 = family === families.inet6;
  if (!isIPv6 && family !== families.inet) throw new ErrnoError("EAFNOSUPPORT");
  if (length < (isIPv6 ? bytesOf6 : bytesOf4)) throw new ErrnoError("EINVAL");
  const [high = 0, low = 0] = memory.bytes(pointer + 2, 2);
  const bytes = isIPv6 ? memory.bytes(pointer + 8, 16) : memory.bytes(pointer + 4, 4);
  return { address: isIPv6 ? groupsOf(bytes).join(":") : bytes.join("."), port: 256 * high + low };
}

/** The bytes of a `struct sockaddr`. */
export function encodeSocketAddress({ address, port }: SocketAddress): Uint8Array {
  const isIPv6 = address.includes(":");
  const bytes = new Uint8Array(isIPv6 ? bytesOf6 : bytesOf4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIPv6 ? families.inet6 : families.inet, true);
  view.setUint16(2, port);
  if (isIPv6) {
    for (const [index, group] of address.split(":").entries())
      view.setUint16(8 + 2 * index, Number.parseInt(group, 16));
  } else {
    bytes.set(address.split(".").map(Number), 4);
  }
  return bytes;
}

/** Writes as much of an address as there is room for, and its whole length, as `getsockname` does. */
export function writeSocketAddress(
  memory: GuestMemory,
  pointer: number,
  lengthPointer: number,
  address: SocketAddress,
): void {
  const bytes = encodeSocketAddress(address);
  const room = Math.min(memory.u32(lengthPointer), bytes.length);
  memory.bytes(pointer, room).set(bytes.subarray(0, room));
  memory.setU32(lengthPointer, bytes.length);
}

function groupsOf(bytes: Uint8Array): string[] {
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
}
