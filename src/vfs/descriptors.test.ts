import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { DescriptorTable } from "./descriptors.js";
import { createPipe, pipeBytes } from "./pipe.js";
import { createStreamFile } from "./stream-file.js";

const hasErrno = (errno: string) => (error: unknown) => error instanceof ErrnoError && error.errno === errno;

function countedFile() {
  const counts = { closed: 0 };
  return { counts, file: createStreamFile({ close: () => counts.closed++ }) };
}

test("a descriptor is the lowest free number", () => {
  const table = new DescriptorTable();
  for (let expected = 0; expected < 5; expected++) assert.equal(table.add(countedFile().file), expected);
  table.close(3);
  table.close(1);
  assert.equal(table.add(countedFile().file), 1);
  assert.equal(table.duplicate(0, 10), 10);
  assert.equal(table.add(countedFile().file), 3);
  assert.deepEqual(table.numbers(), [0, 1, 2, 3, 4, 10]);
  assert.equal(table.count, 6);
});

test("a description is closed once, with its last descriptor", () => {
  const table = new DescriptorTable();
  const { counts, file } = countedFile();
  table.add(file);
  table.duplicate(0);
  table.duplicateTo(0, 7);
  table.duplicateTo(7, 7);
  table.close(0);
  table.close(1);
  assert.equal(counts.closed, 0);
  assert.equal(table.get(7), file);
  table.close(7);
  assert.equal(counts.closed, 1);
  assert.throws(() => table.close(7), hasErrno("EBADF"));
});

test("renumbering closes what the target stood for", () => {
  const table = new DescriptorTable();
  const [from, to] = [countedFile(), countedFile()];
  table.add(from.file);
  table.add(to.file);
  table.renumber(0, 0);
  table.renumber(0, 1);
  assert.equal(to.counts.closed, 1);
  assert.equal(from.counts.closed, 0);
  assert.equal(table.get(1), from.file);
  assert.throws(() => table.get(0), hasErrno("EBADF"));
  assert.throws(() => table.renumber(1, 5), hasErrno("EBADF"));
});

test("the number of descriptors is capped before anything is opened", () => {
  const table = new DescriptorTable({ maxDescriptors: 2 });
  table.add(countedFile().file);
  table.add(countedFile().file);
  const unreachable = () => assert.fail("opened without room");
  assert.throws(() => table.open(unreachable), hasErrno("EMFILE"));
  const { counts, file } = countedFile();
  assert.throws(() => table.add(file), hasErrno("EMFILE"));
  assert.equal(counts.closed, 1);
  assert.throws(() => table.duplicate(0), hasErrno("EMFILE"));
  assert.throws(() => table.duplicateTo(0, 2), hasErrno("EBADF"));
  assert.throws(() => table.duplicateTo(0, 4_000_000_000), hasErrno("EBADF"));
});

test("closeAll closes each description once", () => {
  const table = new DescriptorTable();
  const [a, b] = [countedFile(), countedFile()];
  table.add(a.file);
  table.add(b.file);
  table.duplicate(0);
  table.closeAll();
  assert.deepEqual([a.counts.closed, b.counts.closed, table.count], [1, 1, 0]);
});

test("hostile numbers name no file", () => {
  const table = new DescriptorTable();
  table.add(countedFile().file);
  for (const number of [-1, 0.5, Number.NaN, 2 ** 32, Number.POSITIVE_INFINITY]) {
    assert.throws(() => table.get(number), hasErrno("EBADF"));
    assert.throws(() => table.close(number), hasErrno("EBADF"));
    assert.throws(() => table.duplicateTo(0, number), hasErrno("EBADF"));
  }
});

test("a stream reads and writes through its callbacks and cannot seek", () => {
  const written: string[] = [];
  const file = createStreamFile({
    terminal: true,
    write(bytes) {
      written.push(new TextDecoder().decode(bytes));
      return bytes.length;
    },
  });
  assert.equal(file.write(new TextEncoder().encode("hi")), 2);
  assert.deepEqual(written, ["hi"]);
  assert.equal(file.type, "character");
  assert.equal(file.terminal, true);
  assert.throws(() => file.seek(0, "current"), hasErrno("ESPIPE"));
  assert.throws(() => file.write(new Uint8Array(1), 0), hasErrno("ESPIPE"));
  assert.throws(() => file.read(new Uint8Array(1)), hasErrno("EBADF"));
});

test("a pipe carries bytes in order, is bounded, and tells when the other end is gone", () => {
  const { reader, writer } = createPipe();
  const buffer = new Uint8Array(100_000);
  assert.throws(() => reader.read(buffer), hasErrno("EAGAIN"));
  assert.equal(reader.poll("read").ready, false);
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  assert.equal(writer.write(bytes), pipeBytes);
  assert.throws(() => writer.write(bytes), hasErrno("EAGAIN"));
  assert.equal(reader.read(buffer.subarray(0, 1000)), 1000);
  assert.throws(() => writer.write(bytes.subarray(0, 4096)), hasErrno("EAGAIN"));
  assert.equal(writer.write(bytes.subarray(pipeBytes, pipeBytes + 500)), 500);
  assert.equal(reader.read(buffer.subarray(1000)), pipeBytes - 500);
  assert.deepEqual(buffer.subarray(0, pipeBytes + 500), bytes.subarray(0, pipeBytes + 500));
  writer.close();
  assert.equal(reader.read(buffer), 0);
  assert.equal(reader.poll("read").hangup, true);

  const other = createPipe();
  other.reader.close();
  assert.throws(() => other.writer.write(bytes), hasErrno("EPIPE"));
});
