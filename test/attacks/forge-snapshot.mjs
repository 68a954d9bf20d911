// Takes snapshots apart and puts them together again, with a right checksum whatever is in them.
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

const magic = "WREPLSN2";
const headerStart = magic.length + 4 + 32;
const pieceBytes = 256 * 1024;
export const pageBytes = 4096;

/** The header's length, with all that stands before it. */
export const headLength = (bytes) => headerStart + Buffer.from(bytes).readUInt32LE(magic.length);

/** The header as an object, and the files, page numbers and pages as they are uncompressed. */
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
  const pagesStart = header.filesBytes + 4 * header.pageCount;
  const numbers = Array.from({ length: header.pageCount }, (_, index) =>
    body.readUInt32LE(header.filesBytes + 4 * index),
  );
  return { header, files: body.subarray(0, header.filesBytes), numbers, pages: body.subarray(pagesStart) };
}

/** A body from its parts, compressed as it should be. `pages` may be a number of zero bytes, however many. */
export function bodyOf({ files, numbers, pages }) {
  const list = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) list.writeUInt32LE(number, 4 * index);
  const start = Buffer.concat([files, list]);
  if (typeof pages !== "number") return piecesOf(Buffer.concat([start, pages]));
  const filled = Buffer.concat([start, Buffer.alloc(Math.min(pages, -start.length & (pieceBytes - 1)))]);
  const left = pages - (filled.length - start.length);
  const zeros = new Array(Math.floor(left / pieceBytes)).fill(piece(Buffer.alloc(pieceBytes)));
  return Buffer.concat([piecesOf(filled), ...zeros, piecesOf(Buffer.alloc(left % pieceBytes))]);
}

function piecesOf(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    pieces.push(piece(bytes.subarray(at, at + pieceBytes)));
  return Buffer.concat(pieces);
}

/** One compressed piece, which may expand to as much as one likes. */
export function piece(bytes) {
  const compressed = deflateRawSync(bytes);
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
  const counts = { pageCount: numbers.length, filesBytes: files.length };
  return seal({ ...header, ...counts }, bodyOf({ files, numbers, pages }));
}
