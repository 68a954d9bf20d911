import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryReader, BinaryWriter, MalformedModuleError } from "./binary.js";

const reader = (...bytes: number[]): BinaryReader => new BinaryReader(Uint8Array.from(bytes));

function malformedAt(offset: number, action: () => unknown): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof MalformedModuleError, String(error));
    assert.equal(error.offset, offset);
    assert.match(error.message, new RegExp(`at byte ${offset}$`));
    return true;
  });
}

test("every number of 32 bits that is written is read back, in the shortest form", () => {
  const lengths = { 0: 1, 127: 1, 128: 2, 16383: 2, 16384: 3, 2097152: 4, 2147483648: 5, 4294967295: 5 };
  for (const [value, length] of Object.entries(lengths).map(([value, length]) => [Number(value), length])) {
    assert.ok(value !== undefined);
    const writer = new BinaryWriter();
    writer.u32(value);
    const bytes = writer.finish();
    assert.equal(bytes.length, length);
    assert.equal(new BinaryReader(bytes).u32(), value);
  }
});

test("a number may be padded up to five bytes, and no further", () => {
  assert.equal(reader(0x81, 0x80, 0x80, 0x80, 0x00).u32(), 1);
  malformedAt(0, () => reader(0x81, 0x80, 0x80, 0x80, 0x80, 0x00).u32());
});

test("a number with bits beyond the 32nd is refused where it begins", () => {
  assert.equal(reader(0xff, 0xff, 0xff, 0xff, 0x0f).u32(), 0xffff_ffff);
  const beyond = reader(0x00, 0xff, 0xff, 0xff, 0xff, 0x1f);
  beyond.byte();
  malformedAt(1, () => beyond.u32());
});

test("a number that the bytes end within is refused", () => {
  malformedAt(0, () => reader().u32());
  malformedAt(2, () => reader(0x80, 0x80).u32());
});

test("signed numbers are passed over up to their greatest length", () => {
  const passed = reader(0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x2a);
  passed.skipNumber(32);
  passed.skipNumber(32);
  assert.equal(passed.byte(), 0x2a);
  malformedAt(0, () => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x00).skipNumber(32));
  const longest = reader(...Array.from({ length: 9 }, () => 0x80), 0x7f);
  longest.skipNumber(64);
  assert.ok(longest.atEnd);
  malformedAt(0, () => reader(...Array.from({ length: 10 }, () => 0x80), 0x00).skipNumber(64));
});

test("bytes that are announced and not there are refused before anything is allocated for them", () => {
  malformedAt(0, () => reader(1, 2, 3).take(0xffff_ffff));
  malformedAt(5, () => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 0x61).name());
});

test("names are UTF-8, a byte order mark is part of them, and anything else is refused", () => {
  assert.equal(reader(5, 0xef, 0xbb, 0xbf, 0xc3, 0xa9).name(), "\ufeffé");
  malformedAt(0, () => reader(1, 0xff).name());
  malformedAt(0, () => reader(3, 0xed, 0xa0, 0x80).name());
});

test("a reader of a part ends where the part ends", () => {
  const part = new BinaryReader(Uint8Array.of(1, 2, 3, 4), 1, 3);
  assert.deepEqual([part.byte(), part.byte()], [2, 3]);
  assert.ok(part.atEnd);
  malformedAt(3, () => part.byte());
});

test("a writer grows as it must and gives bytes of its own", () => {
  const writer = new BinaryWriter();
  const piece = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
  writer.raw(piece);
  writer.name("é");
  const bytes = writer.finish();
  assert.deepEqual(bytes, Uint8Array.of(...piece, 2, 0xc3, 0xa9));
  writer.byte(9);
  assert.equal(bytes.length, 3003);
});
