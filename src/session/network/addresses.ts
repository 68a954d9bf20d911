/** IP addresses as bytes: 4 of IPv4, 16 of IPv6. */
export type Address = Uint8Array;

/**
 * Reads an address. IPv4 also in the forms that C libraries take: fewer than four numbers, and numbers that are octal
 * (`0177`) or hexadecimal (`0x7f`). Undefined for what is none, a name for instance.
 */
export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseIPv6(text) : parseIPv4(text);
}

function parseIPv4(text: string): Address | undefined {
  const numbers = text.split(".").map(parseNumber);
  const last = numbers.pop();
  if (last === undefined || numbers.length > 3) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, number] of numbers.entries()) {
    if (number === undefined || number > 255) return undefined;
    bytes[index] = number;
  }
  // The last number fills what the others leave.
  const room = 4 - numbers.length;
  if (last >= 256 ** room) return undefined;
  for (let index = 0, rest = last; index < room; index++, rest = Math.floor(rest / 256)) {
    bytes[3 - index] = rest % 256;
  }
  return bytes;
}

function parseNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]*$/i.test(text))
    return text.length > 14 ? undefined : Number.parseInt(`0${text.slice(2)}`, 16);
  if (/^0[0-7]+$/.test(text)) return text.length > 14 ? undefined : Number.parseInt(text, 8);
  return /^(0|[1-9]\d{0,11})$/.test(text) ? Number(text) : undefined;
}

function parseIPv6(text: string): Address | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  if (first === undefined || last === undefined) return undefined;
  const missing = 16 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...first, ...Array<number>(missing).fill(0), ...last]);
}

/** The bytes of groups with colons between them, of which the last two may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (index === groups.length - 1 && /^\d{1,3}(\.\d{1,3}){3}$/.test(group)) {
      const inner = parseIPv4(group);
      if (inner === undefined) return undefined;
      bytes.push(...inner);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const number = Number.parseInt(group, 16);
      bytes.push(number >> 8, number & 0xff);
    }
  }
  return bytes;
}

/** The IPv4 address that an IPv4-mapped one (`::ffff:1.2.3.4`) is; any other as it is. */
export function unmapped(address: Address): Address {
  return startsWith(address, mappedPrefix) && address.length === 16 ? address.slice(12) : address;
}

/** One text for each address. IPv6 in its long form. */
export function formatAddress(address: Address): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}

export function isLoopback(address: Address): boolean {
  const plain = unmapped(address);
  return plain.length === 4 ? plain[0] === 127 : formatAddress(plain) === "0:0:0:0:0:0:0:1";
}

/**
 * Whether an address is one of the public internet. It is not if it is private, loopback, link-local, unique-local,
 * shared, multicast, unspecified, for documentation, reserved, or leads to such an IPv4 address by a translation.
 */
export function isPublic(address: Address): boolean {
  const plain = unmapped(address);
  if (plain.length === 4) return !reservedIPv4.some(([prefix, bits]) => isWithin(plain, prefix, bits));
  // NAT64 and 6to4 have the IPv4 address in them that they lead to.
  if (isWithin(plain, [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 96)) return isPublic(plain.slice(12));
  if (isWithin(plain, [0x20, 0x02], 16)) return isPublic(plain.slice(2, 6));
  return isWithin(plain, [0x20], 3) && !reservedIPv6.some(([prefix, bits]) => isWithin(plain, prefix, bits));
}

type Block = readonly [prefix: readonly number[], bits: number];

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Of IANA's registry of special purposes, with multicast and what is reserved. */
const reservedIPv4: readonly Block[] = [
  [[0], 8],
  [[10], 8],
  [[100, 64], 10],
  [[127], 8],
  [[169, 254], 16],
  [[172, 16], 12],
  [[192, 0, 0], 24],
  [[192, 0, 2], 24],
  [[192, 88, 99], 24],
  [[192, 168], 16],
  [[198, 18], 15],
  [[198, 51, 100], 24],
  [[203, 0, 113], 24],
  [[224], 3],
];

/** Within what is allotted at all: Teredo and other protocols' own, and documentation. */
const reservedIPv6: readonly Block[] = [
  [[0x20, 0x01, 0, 0], 23],
  [[0x20, 0x01, 0x0d, 0xb8], 32],
  [[0x3f, 0xff, 0], 20],
];

function isWithin(address: Address, prefix: readonly number[], bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    const index = bit / 8;
    if (((address[index] ?? 0) & mask) !== ((prefix[index] ?? 0) & mask)) return false;
  }
  return true;
}

function startsWith(address: Address, prefix: readonly number[]): boolean {
  return isWithin(address, prefix, 8 * prefix.length);
}
