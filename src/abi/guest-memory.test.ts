import assert from "node:assert/strict";
import { test } from "node:test";
import { type Errno, ErrnoError } from "../errno.js";
import { GuestMemory } from "./guest-memory.js";

const page = 65536;

function memory(pages = 1): { linear: WebAssembly.Memory; guest: GuestMemory } {
  const linear = new WebAssembly.Memory({ initial: pages, maximum: 4 });
  return { linear, guest: new GuestMemory(linear) };
}

function fails(errno: Errno, action: () => unknown): void {
  assert.throws(action, (error) => error instanceof ErrnoError && error.errno === errno);
}

test("a range is memory up to the last byte and not beyond", () => {
  const { guest } = memory();
  assert.equal(guest.check(page - 4, 4), page - 4);
  assert.equal(guest.check(page, 0), page);
  fails("EFAULT", () => guest.check(page - 3, 4));
  fails("EFAULT", () => guest.check(page + 1, 0));
});

test("pointers and lengths are unsigned, and their sum does not wrap around", () => {
  const { guest } = memory();
  fails("EFAULT", () => guest.check(-1, 0));
  fails("EFAULT", () => guest.check(8, -8));
  fails("EFAULT", () => guest.check(-8, 16));
  fails("EFAULT", () => guest.bytes(0, -1));
});

test("a memory that has grown is seen with its new length, and views are made anew", () => {
  const { linear, guest } = memory();
  guest.setU32(0, 7);
  fails("EFAULT", () => guest.u32(page));
  linear.grow(1);
  guest.setU32(page, 9);
  assert.equal(guest.u32(page), 9);
  assert.equal(guest.u32(0), 7);
  assert.equal(guest.byteLength, 2 * page);
});

test("reading and writing right after growth uses the new buffer", () => {
  const { linear, guest } = memory();
  guest.setU32(0, 1);
  linear.grow(1);
  guest.setU32(0, 2);
  assert.equal(new DataView(linear.buffer).getUint32(0, true), 2);
});

test("without a memory every access fails and nothing breaks", () => {
  const guest = new GuestMemory();
  fails("EFAULT", () => guest.u8(0));
  fails("EFAULT", () => guest.transfer(0, 1, false, () => 0));
  assert.equal(guest.byteLength, 0);
});

test("numbers of every width come back as they were stored, little-endian and unaligned", () => {
  const { guest } = memory();
  guest.setU8(1, 0xfe);
  guest.setU16(3, 0xfedc);
  guest.setU32(5, 0xfedcba98);
  guest.setU64(11, 0xfedcba9876543210n);
  assert.deepEqual([guest.u8(1), guest.u16(3), guest.u32(5)], [0xfe, 0xfedc, 0xfedcba98]);
  assert.equal(guest.u64(11), 0xfedcba9876543210n);
  assert.equal(guest.u8(11), 0x10);
  guest.setU64(11, -1n);
  assert.equal(guest.u64(11), 0xffff_ffff_ffff_ffffn);
});

test("strings are without zero bytes and no longer than the caller allows", () => {
  const { guest } = memory();
  guest.bytes(0, 5).set([0xef, 0xbb, 0xbf, 0x61, 0x62]);
  assert.equal(guest.string(0, 5, 5), "\ufeffab");
  fails("ENAMETOOLONG", () => guest.string(0, 5, 4));
  assert.equal(guest.string(0, 2, 9), "\udcef\udcbb");
  fails("EINVAL", () => guest.string(3, 3, 9));
  fails("EFAULT", () => guest.string(page - 2, 3, 9));
});

test("a zero-terminated string ends at its zero byte, which must come within memory and length", () => {
  const { guest } = memory();
  guest.bytes(0, 4).set([0x61, 0x62, 0x63, 0]);
  assert.equal(guest.zeroTerminatedString(0, 3), "abc");
  assert.equal(guest.zeroTerminatedString(3, 3), "");
  fails("ENAMETOOLONG", () => guest.zeroTerminatedString(0, 2));
  guest.bytes(page - 2, 2).set([0x61, 0x62]);
  fails("EFAULT", () => guest.zeroTerminatedString(page - 2, 10));
});

test("a scattered transfer works on the guest's own bytes and ends at the first short buffer", () => {
  const { guest } = memory();
  buffers(guest, 0, [100, 3], [200, 0], [300, 3], [400, 3]);
  const seen: number[] = [];
  const moved = guest.transfer(0, 4, false, (buffer) => {
    seen.push(buffer.byteOffset);
    buffer[0] = 42;
    return seen.length === 2 ? 1 : buffer.length;
  });
  assert.equal(moved, 4);
  assert.deepEqual(seen, [100, 300]);
  assert.equal(guest.u8(300), 42);
});

test("a transfer on a stream stops after the first buffer that holds anything", () => {
  const { guest } = memory();
  buffers(guest, 0, [100, 0], [200, 2], [300, 2]);
  let calls = 0;
  assert.equal(
    guest.transfer(0, 3, true, (buffer) => {
      calls++;
      return buffer.length;
    }),
    2,
  );
  assert.equal(calls, 1);
});

test("a bad buffer anywhere in the list fails the transfer before any byte moves", () => {
  const { guest } = memory();
  buffers(guest, 0, [100, 4], [page - 1, 2]);
  fails("EFAULT", () => guest.transfer(0, 2, false, () => assert.fail("moved")));
  fails("EFAULT", () => guest.transfer(page - 8, 2, false, () => assert.fail("moved")));
});

test("the count of buffers and their sum are bounded, however they overlap", () => {
  const { linear, guest } = memory();
  fails("EINVAL", () => guest.transfer(0, 1025, false, () => assert.fail("moved")));
  fails("EINVAL", () => guest.transfer(0, -1, false, () => assert.fail("moved")));
  linear.grow(3);
  const whole = 4 * page;
  buffers(guest, 0, ...Array.from({ length: 1024 }, () => [0, whole] as const));
  let moved = 0;
  assert.equal(
    guest.transfer(0, 1024, true, (buffer) => {
      moved = buffer.length;
      return moved;
    }),
    whole,
  );
});

test("a failure after some bytes have moved reports those bytes; one that is no errno always passes", () => {
  const { guest } = memory();
  buffers(guest, 0, [100, 4], [200, 4]);
  let calls = 0;
  const second = (error: Error) => (buffer: Uint8Array) => {
    if (++calls % 2 === 0) throw error;
    return buffer.length;
  };
  assert.equal(guest.transfer(0, 2, false, second(new ErrnoError("EIO"))), 4);
  assert.throws(() => guest.transfer(0, 2, false, second(new TypeError("bug"))), TypeError);
  fails("EIO", () =>
    guest.transfer(0, 2, false, () => {
      throw new ErrnoError("EIO");
    }),
  );
});

test("a list that is overwritten by its own transfer cannot reach outside the memory", () => {
  const { guest } = memory();
  buffers(guest, 0, [8, 8], [100, 8]);
  const moved = guest.transfer(0, 2, false, (buffer) => {
    buffer.fill(0xff);
    return buffer.length;
  });
  assert.equal(moved, 8);
});

function buffers(guest: GuestMemory, list: number, ...pairs: Array<readonly [number, number]>): void {
  pairs.forEach(([pointer, length], index) => {
    guest.setU32(list + index * 8, pointer);
    guest.setU32(list + index * 8 + 4, length);
  });
}
