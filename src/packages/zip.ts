/** Reads ZIP archives that may be a stranger's: everything is checked against limits before it is expanded. */

export interface ZipEntry {
  readonly name: string;
  readonly isLink: boolean;
  /** Expands it. Throws a `ZipError` if it is not what the archive says. */
  read(): Uint8Array;
  readonly size: number;
}

export class ZipError extends Error {
  override readonly name = "ZipError";
}

export interface ZipLimits {
  /** The most entries, and the most bytes of all of them together when they are expanded. */
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** As `Codec.inflate`: expands to so many bytes, or throws. */
export type Inflate = (compressed: Uint8Array, length: number) => Uint8Array;

const signatures = { end: 0x0605_4b50, central: 0x0201_4b50, local: 0x0403_4b50 } as const;
const lengths = { end: 22, central: 46, local: 30, longestComment: 65_535 } as const;
const methods = { stored: 0, deflated: 8 } as const;
const encrypted = 1;
const unixLink = 0o120000;
const unixKind = 0o170000;

export function readZip(bytes: Uint8Array, inflate: Inflate, limits: ZipLimits): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || start === 0xffff_ffff) throw new ZipError("it is larger than can be read");
  if (count > limits.maxEntries)
    throw new ZipError(`it has ${count} files, and ${limits.maxEntries} are allowed`);
  if (start + size > end) throw new ZipError("it is cut short");
  const entries: ZipEntry[] = [];
  let total = 0;
  let at = start;
  for (let left = count; left > 0; left--) {
    if (at + lengths.central > end || view.getUint32(at, true) !== signatures.central) throw damaged();
    const nameLength = view.getUint16(at + 28, true);
    const next =
      at + lengths.central + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) throw damaged();
    const expanded = view.getUint32(at + 24, true);
    total += expanded;
    if (total > limits.maxBytes) {
      throw new ZipError(
        `it is larger than the ${limits.maxBytes} bytes that are allowed when it is unpacked`,
      );
    }
    const place = {
      name: decodeName(bytes.subarray(at + lengths.central, at + lengths.central + nameLength)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: expanded,
      local: view.getUint32(at + 42, true),
    };
    const mode = view.getUint32(at + 38, true) >>> 16;
    entries.push({
      name: place.name,
      isLink: (mode & unixKind) === unixLink,
      size: expanded,
      read: () => readEntry(bytes, view, place, inflate),
    });
    at = next;
  }
  return entries;
}

interface Place {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly local: number;
}

function readEntry(bytes: Uint8Array, view: DataView, place: Place, inflate: Inflate): Uint8Array {
  const { name, flags, method, packed, size, local } = place;
  if ((flags & encrypted) !== 0) throw new ZipError(`${name} in it is encrypted`);
  if (local + lengths.local > bytes.length || view.getUint32(local, true) !== signatures.local)
    throw damaged();
  const start = local + lengths.local + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > bytes.length) throw damaged();
  const data = bytes.subarray(start, start + packed);
  if (method === methods.stored) {
    if (packed !== size) throw damaged();
    return data.slice();
  }
  if (size === 0) return new Uint8Array(0);
  if (method !== methods.deflated)
    throw new ZipError(`${name} in it is compressed in a way that is not known`);
  try {
    return inflate(data, size);
  } catch {
    throw new ZipError(`${name} in it is damaged`);
  }
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - lengths.end - lengths.longestComment);
  for (let at = view.byteLength - lengths.end; at >= lowest; at--) {
    if (view.getUint32(at, true) === signatures.end) return at;
  }
  throw new ZipError("it is no ZIP archive");
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ZipError("it has a name that is not UTF-8");
  }
}

function damaged(): ZipError {
  return new ZipError("it is damaged");
}
