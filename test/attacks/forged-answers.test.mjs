// Python code can write to the host what its driver would. An answer that is not one is a crash that rolls back, one
// that is well made says what the code could have said anyway, and nothing of it reaches further.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stockBuildSkip, unpackStockBuild } from "../../build/session/test-stock-build.js";
import { createSession } from "../../dist/index.js";

const limit = 2000;

/**
 * Defines what the forgeries are made with. `send` has the bytes take the place of the driver's own answer, and only of
 * this one.
 */
const tools = `
import struct, sys
kept = 6
def word(n): return struct.pack("<I", n & 0xFFFFFFFF)
def frame(head, parts=(), count=None, sizes=None, length=None):
    head = head.encode() if isinstance(head, str) else head
    sizes = [len(part) for part in parts] if sizes is None else sizes
    rest = word(len(parts) if count is None else count) + b"".join(map(word, sizes)) + head + b"".join(parts)
    return word(len(rest) if length is None else length) + rest
def send(data):
    def forge(caller, event, argument):
        if event == "call" and caller.f_code.co_name == "send" and "data" in caller.f_locals:
            sys.setprofile(None)
            caller.f_locals["data"] = data
    sys.setprofile(forge)
`;

const text = (head) => `frame('${head}', [b"forged"])`;
const forgeries = {
  nothing: "b'\\0'",
  "a length and no more": "word(0)",
  "a length that is too large": "frame('{}', length=100)",
  "a length that is too small": "frame('{}', length=4)",
  "the largest length": "frame('{}', length=2**32 - 1)",
  "two frames": "frame('{}') + frame('{}')",
  "a count of parts that are not there": "frame('{}', count=3)",
  "the largest count": "frame('{}', count=2**32 - 1)",
  "a count whose sizes would end where the numbers began anew": "frame('{}', count=2**30 - 1)",
  "more parts than an answer has": "frame('{}', [b'x'] * 300)",
  "sizes beyond the frame": "frame('{}', [b'x'], sizes=[100])",
  "the largest size": "frame('{}', [b'x'], sizes=[2**32 - 1])",
  "sizes that come out even modulo 2^32": "frame('{}', [b'x', b'y'], sizes=[2**32 - 1, 3])",
  "sizes that leave no head": "frame('{}', [b'x'], sizes=[3])",
  "a head that is no JSON": "frame('{')",
  "a head that is no UTF-8": "frame(b'\\xff\\xfe')",
  "a head of two values": "frame('{}{}')",
  "a list for a head": "frame('[]')",
  "null for a head": "frame('null')",
  "a number for a head": "frame('1e999')",
  "a head nested without end": "frame('[' * 3000)",
  "a head nested in objects": "frame('{\"a\":' * 500)",
  "a head with very many members": "frame('{' + ','.join(f'\"{n}\":0' for n in range(300)) + '}')",
  "a head that nests a member": text('{"error":{"length":0}}'),
  "__proto__ in the head": text('{"__proto__":{"error":0}}'),
  "__proto__ as a part": text('{"error":"__proto__"}'),
  "a member that no answer has": text('{"output":0}'),
  "the answer to another question": text('{"inspected":0}'),
  "a part that is not there": text('{"error":1}'),
  "a part below the first": text('{"error":-1}'),
  "half a part": text('{"error":0.5}'),
  "a text for a part": text('{"error":"0"}'),
  "a text that is no UTF-8": "frame('{\"result\":0}', [b'\\xed\\xa0\\x80'])",
  "a text over the limit": `frame('{"result":0}', [b'x' * ${limit + 1}])`,
  "a type's name over its limit": "frame('{\"type\":0,\"message\":1}', [b'x' * 251, b''])",
  "an exit code that is none": "frame('{\"exitCode\":1e9}')",
  "a text for an exit code": 'frame(\'{"exitCode":"1"}\')',
  "a fraction for an exit code": "frame('{\"exitCode\":0.5}')",
};

for (const [name, skip, unpack] of [
  ["the bundled interpreter", false],
  ["a stock build", stockBuildSkip, unpackStockBuild],
]) {
  describe(`in ${name}`, { skip }, () => {
    let build;
    let session;
    before(async () => {
      build = await unpack?.();
      session = await createSession("python", {
        maxOutputBytes: limit,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
      assert.equal((await session.run(tools)).error, undefined);
      await session.snapshot();
    });
    after(async () => {
      await session.close();
      build?.remove();
    });

    for (const [what, code] of Object.entries(forgeries)) {
      test(`an answer that is garbled is a crash, and the session goes on from before: ${what}`, async () => {
        const { error, state } = await session.run(`kept = 7\nsend(${code})`);
        assert.equal(error, "Crash: the interpreter crashed: the driver's answer was garbled");
        assert.equal(state, "rolled_back");
        assert.equal((await session.run("kept")).result, "6");
      });
    }

    test("a forged answer before the driver's own is a crash as well", async () => {
      const { error, state } = await session.run("import os; os.write(1023, frame('{}'))");
      assert.equal(error, "Crash: the interpreter crashed: the driver's answer was garbled");
      assert.equal(state, "rolled_back");
    });
  });
}

describe("in the bundled interpreter", () => {
  let session;
  before(async () => {
    session = await createSession("python", { maxOutputBytes: limit });
    await session.run(tools);
    await session.snapshot();
  });
  after(() => session.close());

  test("an answer that is well made but not the driver's says what the code could have said", async () => {
    const texts = `[b"e" * ${limit}, b"T" * 250, b"m" * ${limit}]`;
    const { error, exception, state } = await session.run(
      `send(frame('{"error":0,"type":1,"message":2,"exitCode":3}', ${texts}))`,
    );
    assert.equal(error, "e".repeat(limit));
    assert.deepEqual(exception, { type: "T".repeat(250), message: "m".repeat(limit) });
    assert.equal(state, undefined);
    assert.equal((await session.run("kept")).result, "6");
  });

  const inspected = (json) => `frame('{"inspected":0}', [${json}])`;
  const answers = {
    "brackets without end": inspected("b'[' * 2**19"),
    "members without end": inspected("b'[' + b'0,' * 2**18 + b'0]'"),
    "more than it may be": inspected("b'\"' + b'x' * 2**20 + b'\"'"),
    "no JSON": inspected("b'{'"),
    "no part": "frame('{\"inspected\":0}')",
    "another answer too": 'frame(\'{"inspected":0,"output":0}\', [b"1"])',
    "a long error": "frame('{\"error\":0}', [b'x' * 2000])",
  };
  for (const [what, code] of Object.entries(answers)) {
    test(`a forged answer to a prompt's question is none, and the session goes on: ${what}`, async () => {
      await session.run(`def later(caller, event, argument):
    if event == "call" and caller.f_code.co_name == "complete": send(${code})
sys.setprofile(later)`);
      assert.equal(await session.inspect({ kind: "complete", code: "kep" }), undefined);
      assert.equal((await session.run("kept")).result, "6");
    });
  }
});
