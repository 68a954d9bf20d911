import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the archive says of its length. Default: the truth. */
  readonly claimedBytes?: number;
  /** The mode of Unix, for links. */
  readonly mode?: number;
}

/** A ZIP archive, with whatever is said of its files. */
export function makeZip(files: readonly ZipFile[]): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimedBytes, mode = 0o100644 } of files) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimedBytes ?? bytes.length, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(3 << 8, 4);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(claimedBytes ?? bytes.length, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    parts.push(local, nameBytes, packed);
    central.push(entry, nameBytes);
    offset += 30 + nameBytes.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

export interface TestWheel {
  readonly name: string;
  readonly version?: string;
  readonly tag?: string;
  readonly requires?: readonly string[];
  /** More lines of its METADATA. */
  readonly metadata?: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly more?: readonly ZipFile[];
}

export function makeWheel({ name, version = "1.0", tag = "py3-none-any", ...rest }: TestWheel) {
  const { requires = [], metadata = [], files = {}, more = [] } = rest;
  const info = `${name}-${version}.dist-info`;
  const head = ["Metadata-Version: 2.1", `Name: ${name}`, `Version: ${version}`];
  const text = [
    ...head,
    ...requires.map((each) => `Requires-Dist: ${each}`),
    ...metadata,
    "",
    "About it.",
  ].join("\n");
  const bytes = makeZip([
    ...Object.entries(files).map(([path, content]) => ({ name: path, content })),
    { name: `${info}/METADATA`, content: text },
    { name: `${info}/WHEEL`, content: "Wheel-Version: 1.0\n" },
    {
      name: `${info}/RECORD`,
      content: [...Object.keys(files), `${info}/METADATA`].map((path) => `${path},,\n`).join(""),
    },
    ...more,
  ]);
  return { file: `${name}-${version}-${tag}.whl`, bytes, metadata: text, sha256: digest(bytes) };
}

export function digest(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
