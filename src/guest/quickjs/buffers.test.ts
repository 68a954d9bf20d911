import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { runInThisContext } from "node:vm";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

const thrown = (code: string) => `(() => { try { ${code} } catch (e) { return [e.name, e.code] } })()`;

/** Expressions that Node and the guest evaluate alike. */
const expressions = [
  "Buffer.from('héllo €😀')",
  "Buffer.from('\\ud800x').toString('hex')",
  "Buffer.from('68656c6c6', 'hex').toString()",
  "Buffer.from('zz', 'hex')",
  "Buffer.from('aGVsbG8=', 'base64').toString()",
  "Buffer.from('aGV sb\\nG8', 'base64').toString()",
  "Buffer.from('-_-_', 'base64url')",
  "Buffer.from('éÿĀ', 'latin1')",
  "Buffer.from('hi', 'utf16le')",
  "Buffer.from([1, 256, -1, 3.7, '5'])",
  "Buffer.from(new Uint8Array([1, 2]).buffer, 1)",
  "Buffer.from(Buffer.from('abc').toJSON())",
  "Buffer.from({ length: 2, 0: 7, 1: 8 })",
  "Buffer.from(new Uint16Array([1, 300]))",
  "Buffer.alloc(3)",
  "Buffer.alloc(5, 'ab')",
  "Buffer.alloc(4, 'YQ==', 'base64')",
  "Buffer.alloc(200)",
  "Buffer.allocUnsafe(2).length",
  "Buffer.concat([Buffer.from('a'), new Uint8Array([98]), Buffer.from('c')])",
  "Buffer.concat([Buffer.from('abc')], 2).toString()",
  "Buffer.concat([Buffer.from('abc')], 5)",
  "Buffer.concat([])",
  "[Buffer.byteLength('é'), Buffer.byteLength('aGk=', 'base64'), Buffer.byteLength(new ArrayBuffer(3)), Buffer.byteLength('ab', 'hex')]",
  "[Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), Buffer.isBuffer(null)]",
  "[Buffer.isEncoding('UTF-8'), Buffer.isEncoding('nope'), Buffer.isEncoding(5)]",
  "[Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.compare(Buffer.from('ab'), Buffer.from('a'))]",
  "['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'].map((e) => Buffer.from([0xc3, 0xa9, 0xff, 0x41]).toString(e))",
  "Buffer.from('hello').toString('utf8', 1, 3)",
  "Buffer.from('hello').toString('latin1', -3)",
  "'' + Buffer.from('x') + JSON.stringify(Buffer.from('y'))",
  "Buffer.from('hello').slice(1, -1)",
  "(() => { const b = Buffer.from('hello'); b.subarray(1, 3)[0] = 0x45; return b.toString() })()",
  "[Buffer.from('ab').equals(Buffer.from('ab')), Buffer.from('ab').equals(new Uint8Array([97]))]",
  "[Buffer.from('abcabc').indexOf('ca'), Buffer.from('abcabc').lastIndexOf('bc'), Buffer.from('abc').includes('z'), Buffer.from('abc').indexOf(98), Buffer.from('abcabc').indexOf('a', 1), Buffer.from('abc').indexOf('c', -1)]",
  "(() => { const b = Buffer.alloc(6); return [b.write('é€', 1), b.write('zz', 5), b.write('6869', 0, 'hex'), b] })()",
  "(() => { const b = Buffer.alloc(4); return [b.write('€€'), b] })()",
  "Buffer.alloc(5).fill('ab', 1, 4)",
  "Buffer.alloc(3).fill(257)",
  "(() => { const b = Buffer.alloc(4); return [Buffer.from('hello').copy(b, 1, 2), b] })()",
  "(() => { const b = Buffer.alloc(8); b.writeUInt8(255, 0); b.writeInt16LE(-2, 1); b.writeUInt32BE(0xdeadbeef, 3); return [b, b.readUInt8(0), b.readInt16LE(1), b.readInt16BE(1), b.readUint32BE(3), b.readInt32LE(3)] })()",
  "(() => { const b = Buffer.alloc(8); return [b.writeDoubleBE(1.5), b.readDoubleBE(), b.writeFloatLE(-2.5, 4), b.readFloatLE(4)] })()",
  "(() => { const b = Buffer.alloc(8); b.writeBigInt64LE(-5n); return [b.readBigInt64LE(), b.readBigUInt64BE(0)] })()",
  "(() => { const b = Buffer.alloc(6); return [b.writeIntBE(-123456789, 0, 6), b.readIntBE(0, 6), b.readUIntLE(1, 3), b.writeUIntLE(0x123456, 2, 3), b] })()",
  "Buffer.from('abc').map((x) => x + 1)",
  "[...Buffer.from('abc').entries()]",
  "Buffer(3)",
  "new Buffer('abc')",
  "Buffer.name + Buffer.from([1]).constructor.name",
  "Object.keys(Buffer.from('ab'))",
  thrown("Buffer.from(5)"),
  thrown("Buffer.from('a', 'nope')"),
  thrown("Buffer.alloc(-1)"),
  thrown("Buffer.alloc('1')"),
  thrown("Buffer.from('a').readUInt8(1)"),
  thrown("Buffer.from('abc').readInt16LE(0.5)"),
  thrown("Buffer.from('a').readInt32LE()"),
  thrown("Buffer.alloc(1).writeUInt8(256)"),
  thrown("Buffer.alloc(9).writeUIntBE(1, 0, 7)"),
  thrown("Buffer.concat('a')"),
  thrown("Buffer.from('a').equals('a')"),
];

test("Buffers are what they are in Node.js.", () => {
  const guest = createTestGuest(boot);
  const run = (source: string) => [source, guest.cell(`(${source})`)];
  const expected = (source: string) => [source, { result: inspect(runInThisContext(`(${source})`)) }];
  assert.deepEqual(expressions.map(run), expressions.map(expected));
});

test("A Buffer that others have made of its parts makes no trouble.", () => {
  const guest = createTestGuest(boot);
  const { result } = guest.cell(`(() => {
    const errors = [];
    for (const name of Object.getOwnPropertyNames(Buffer.prototype)) {
      if (name === "constructor") continue;
      for (const receiver of [{}, null, new Uint16Array(4), new Proxy(Buffer.alloc(2), {})]) {
        try { Buffer.prototype[name].call(receiver, 0, 1, 2) } catch (e) { errors.push(e instanceof Error) }
      }
    }
    return errors.length > 100 && errors.every(Boolean);
  })()`);
  assert.equal(result, "true");
});
