// What sessions in a browser have in place of Node.js, by itself.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { webCodec } from "../../build/web/codec.js";
import { createMailbox, createMailReader, createMailSender } from "../../build/web/mailbox.js";
import { createSha256 } from "../../build/web/sha256.js";

test("SHA-256 is what Node.js computes, for every length around a block and in whatever parts", () => {
  const bytes = randomBytes(300);
  for (let length = 0; length <= bytes.length; length++) {
    const expected = createHash("sha256").update(bytes.subarray(0, length)).digest("hex");
    for (const size of [1, 7, 64, 65, 300]) {
      const hash = createSha256();
      for (let start = 0; start < length; start += size) {
        hash.update(bytes.subarray(start, Math.min(start + size, length)));
      }
      assert.equal(hash.digest(), expected, `${length} bytes in parts of ${size}`);
    }
  }
});

test("what is deflated there is inflated here, and the other way round", () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from("x"),
    Buffer.alloc(100_000, "abc"),
    randomBytes(70_000),
  ]) {
    assert.deepEqual(inflateRawSync(webCodec.deflate(bytes)), bytes);
    assert.deepEqual(Buffer.from(webCodec.inflate(deflateRawSync(bytes), bytes.length)), bytes);
  }
});

test("nothing is inflated that expands to another length, is cut short or is none", () => {
  const compressed = deflateRawSync(Buffer.alloc(1_000_000));
  for (const length of [0, 1, 999_999, 1_000_001]) {
    assert.throws(() => webCodec.inflate(compressed, length), `${length}`);
  }
  assert.throws(() => webCodec.inflate(compressed.subarray(0, -3), 1_000_000));
  assert.throws(() => webCodec.inflate(new Uint8Array(0), 10));
  for (let round = 0; round < 200; round++) {
    const noise = randomBytes(100);
    try {
      assert.equal(webCodec.inflate(noise, 50).length, 50);
    } catch (error) {
      assert.ok(error instanceof Error);
    }
  }
});

describe("mail to a thread that is busy", () => {
  /** An owner and a thread, whose messages to the owner come when they are let. */
  function open() {
    const box = createMailbox();
    const sender = createMailSender(box);
    let asked = 0;
    const take = createMailReader(box, () => asked++);
    const letMore = () => {
      if (asked === 0) return false;
      asked--;
      sender.refill();
      return true;
    };
    const takeAll = () => {
      const all = [];
      do {
        for (let mail = take(); mail !== undefined; mail = take()) all.push(mail);
      } while (letMore());
      return all;
    };
    return { sender, take, takeAll };
  }

  test("comes whole and in order, also where it is much longer than the room for it", () => {
    const { sender, take, takeAll } = open();
    assert.equal(take(), undefined);
    const long = new Uint8Array(randomBytes(3_000_000));
    const mails = [
      { number: 1, bytes: new Uint8Array([1, 2, 3]) },
      { answers: [{ id: 5, value: { json: '{"$bytes":1}', bytes: [new Uint8Array(0), long] } }] },
      {
        answers: [
          { id: 6, error: { type: "ValueError", message: "é\0😀" } },
          { id: 7, isSuspended: true },
        ],
      },
      { number: 2, bytes: new Uint8Array(0) },
    ];
    for (const mail of mails) sender.send(mail);
    assert.deepEqual(takeAll(), mails);
    sender.send(mails[0]);
    assert.deepEqual(takeAll(), [mails[0]]);
  });

  test("comes in pieces that break anywhere", () => {
    const { sender, takeAll } = open();
    const room = 256 * 1024;
    for (let rest = 0; rest < 80; rest++) {
      const first = { number: rest, bytes: new Uint8Array(room - 30 - rest) };
      const second = { number: rest, bytes: new Uint8Array([rest]) };
      sender.send(first);
      sender.send(second);
      assert.deepEqual(takeAll(), [first, second], `${rest}`);
    }
  });
});
