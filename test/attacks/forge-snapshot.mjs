// Takes snapshots apart and puts them together again, with right checksums whatever is in them.
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

const magic = "WREPLSN3";
const headerStart = magic.length + 4 + 32;
const pieceBytes = 256 * 1024;
export const pageBytes = 4096;
const pageWords = pageBytes / 4;

/** The header's length, with all that stands before it. */
export const headLength = (bytes) => headerStart + Buffer.from(bytes).readUInt32LE(magic.length);

/** The header as an object, the files as they are uncompressed, and the pages' numbers and differences, one by one. */
export function unseal(snapshot) {
  const bytes = Buffer.from(snapshot);
  const end = headLength(bytes);
  const header = JSON.parse(bytes.toString("utf8", headerStart, end));
  const pieces = [];
  for (let at = end; at < bytes.length; ) {
    const next = at + 4 + bytes.readUInt32LE(at);
    pieces.push(inflateRawSync(bytes.subarray(at + 4, next)));
    at = next;
  }
  const body = Buffer.concat(pieces);
  return { header, files: body.subarray(0, header.filesBytes), ...pagesOf(body.subarray(header.filesBytes)) };
}

function pagesOf(records) {
  let at = 0;
  const varint = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = records[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const numbers = [];
  const pages = [];
  while (at < records.length) {
    numbers.push((numbers.at(-1) ?? -1) + varint());
    const page = Buffer.alloc(pageBytes);
    for (let word = 0; word < pageWords; ) {
      word += varint();
      const count = varint();
      records.copy(page, 4 * word, at, at + 4 * count);
      at += 4 * count;
      word += count;
    }
    pages.push(page);
  }
  return { numbers, pages: Buffer.concat(pages) };
}

export function varint(value) {
  const bytes = [];
  // What cannot be told is told modulo 2 ** 35.
  for (let rest = value < 0 ? value + 2 ** 35 : value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** A page's record, as short as it should be. */
function recordOf(gap, page) {
  const parts = [varint(gap)];
  const isZero = (word) => page.readUInt32LE(4 * word) === 0;
  for (let told = 0, start = 0; told < pageWords; ) {
    while (start < pageWords && isZero(start)) start++;
    let end = start;
    for (let word = start; word < pageWords && word - end < 2; word++) if (!isZero(word)) end = word + 1;
    parts.push(varint(start - told), varint(end - start), page.subarray(4 * start, 4 * end));
    told = end;
    start = end;
  }
  return Buffer.concat(parts);
}

/** The pages' records. `pages` may be a number of zero bytes, however many. */
export function recordsOf({ numbers, pages }) {
  const zeros = Buffer.alloc(pageBytes);
  return Buffer.concat(
    numbers.map((number, index) => {
      const page =
        typeof pages === "number" ? zeros : pages.subarray(index * pageBytes, (index + 1) * pageBytes);
      return recordOf(number - (numbers[index - 1] ?? -1), page);
    }),
  );
}

/** A body from its parts, compressed as it should be. */
export function bodyOf({ files, ...pages }) {
  return piecesOf(Buffer.concat([files, recordsOf(pages)]));
}

export function piecesOf(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(piece(bytes.subarray(at, at + pieceBytes)));
  return Buffer.concat(pieces);
}

/** One compressed piece, which may expand to as much as one likes. */
export function piece(bytes) {
  const compressed = deflateRawSync(bytes, { level: 1 });
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(compressed.length);
  return Buffer.concat([prefix, compressed]);
}

/** A snapshot of a header (an object, or a text) and a compressed body. */
export function seal(header, body) {
  const bodyDigest = createHash("sha256").update(body).digest("hex");
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify({ ...header, bodyDigest }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from(magic), length, createHash("sha256").update(text).digest(), text, body]);
}

/** A snapshot of changed parts, whose header says what is there. */
export function sealParts({ header, files, numbers, pages }) {
  const records = recordsOf({ numbers, pages });
  const counts = { pageCount: numbers.length, pagesBytes: records.length, filesBytes: files.length };
  return seal({ ...header, ...counts }, piecesOf(Buffer.concat([files, records])));
}

/** A snapshot with one of its parts changed in some places. */
export function sealMutation(parts, random) {
  const changed = { ...parts, header: structuredClone(parts.header) };
  const bytesOf = (bytes, changes) => {
    const copy = Buffer.from(bytes);
    for (let left = changes; left > 0; left--) copy[random(copy.length)] = random(256);
    return copy;
  };
  const values = [
    0,
    -1,
    1,
    3,
    65_536,
    2 ** 30,
    2 ** 32,
    2 ** 53,
    1e300,
    "",
    "python",
    null,
    [],
    {},
    [null],
    true,
  ];
  switch (random(6)) {
    case 0: {
      const process = changed.header.process;
      const holder = random(2) === 0 ? changed.header : process;
      const names = Object.keys(holder);
      holder[names[random(names.length)]] = values[random(values.length)];
      return seal(changed.header, bodyOf(parts));
    }
    case 1:
      changed.files = bytesOf(parts.files, 1 + random(8));
      break;
    case 2:
      changed.files = parts.files.subarray(0, random(parts.files.length));
      break;
    case 3:
      changed.numbers = parts.numbers.map((number) => (random(20) === 0 ? number + random(5) - 2 : number));
      break;
    default:
      changed.pages = bytesOf(parts.pages, 1 + random(random(2) === 0 ? 10 : 1000));
  }
  return sealParts(changed);
}
