import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeCodec } from "../node/codec.js";
import { scriptRequirements } from "./script-metadata.js";
import { makeWheel, makeZip, type TestWheel, type ZipFile } from "./test-wheels.js";
import { openWheel, unpackArchive } from "./wheel.js";

function unpack(options: TestWheel) {
  const { file, bytes } = makeWheel(options);
  return openWheel(file, bytes, nodeCodec.inflate).unpack();
}

test("a wheel's files go where they are imported from, and what is for the system's directories does not", () => {
  const files = unpack({
    name: "good",
    files: {
      "good/__init__.py": "",
      "good/data.txt": "text",
      "good-1.0.data/purelib/more.py": "more = 1",
      "good-1.0.data/data/share/good.txt": "shared",
      "good-1.0.data/scripts/good": "#!python",
    },
  });
  const info = ["METADATA", "WHEEL", "RECORD"].map((name) => `good-1.0.dist-info/${name}`);
  assert.deepEqual(
    [...files.keys()].sort(),
    [...info, "good/__init__.py", "good/data.txt", "more.py", "share/good.txt"].sort(),
  );
  assert.equal(new TextDecoder().decode(files.get("good/data.txt")), "text");
});

test("a wheel that would do harm, or lies, is refused in one line, before anything is unpacked", () => {
  const refused = (options: Partial<TestWheel>, reason: RegExp) =>
    assert.throws(
      () => unpack({ name: "bad", ...options }),
      ({ code, message }: { code: string; message: string }) => {
        assert.equal(code, "PACKAGES_UNAVAILABLE");
        assert.match(message, /^bad-1\.0-py3-none-any\.whl cannot be used: [^\n]*$/);
        assert.match(message, reason);
        return true;
      },
    );
  for (const name of [
    "../up.py",
    "a/../../up.py",
    "/etc/passwd",
    "C:/x.py",
    "a\\..\\x.py",
    "a//b.py",
    "./a.py",
    "a\0b",
  ]) {
    refused({ more: [{ name, content: "x" }] }, /is not a name that a file may have/);
  }
  const link: ZipFile = { name: "bad/link", content: "/etc/passwd", mode: 0o120777 };
  refused({ more: [link] }, /is a link/);
  const bomb: ZipFile = { name: "bad/bomb", content: Buffer.alloc(1000), claimedBytes: 4_000_000_000 };
  refused({ more: [bomb] }, /larger than the \d+ bytes that are allowed/);
  refused({ more: [bomb, bomb, bomb] }, /larger than/);
  refused(
    { more: [{ name: "bad/long", content: Buffer.alloc(100_000), claimedBytes: 10 }] },
    /bad\/long in it is damaged/,
  );
  refused(
    { more: [{ name: "bad/short", content: "x", claimedBytes: 10_000 }] },
    /bad\/short in it is damaged/,
  );
  refused(
    {
      more: [
        { name: "bad/a", content: "" },
        { name: "bad/a", content: "" },
      ],
    },
    /bad\/a twice/,
  );
  refused(
    {
      more: [
        { name: "bad", content: "" },
        { name: "bad/a", content: "" },
      ],
    },
    /as file and directory/,
  );
  refused({ more: [{ name: "other-2.dist-info/METADATA", content: "" }] }, /no METADATA, or more than one/);

  const open = (file: string, bytes: Uint8Array) => () => openWheel(file, bytes, nodeCodec.inflate);
  const { bytes } = makeWheel({ name: "bad" });
  assert.throws(open("worse-1.0-py3-none-any.whl", bytes), /its METADATA is of bad 1\.0/);
  assert.throws(open("bad-2.0-py3-none-any.whl", bytes), /its METADATA is of bad 1\.0/);
  assert.throws(open("bad-1.0-py3-none-any.whl", bytes.subarray(0, bytes.length - 30)), /no ZIP archive/);
  assert.throws(open("bad-1.0-py3-none-any.whl", bytes.subarray(40)), /cut short|damaged/);
  assert.throws(open("bad-1.0-py3-none-any.whl", new Uint8Array(0)), /no ZIP archive/);
  assert.throws(
    () => unpackArchive("x.zip", makeZip([{ name: "../x", content: "" }]), nodeCodec.inflate, "lib/"),
    /not a name/,
  );
});

test("whatever bytes of a wheel are changed, it is opened or refused", () => {
  const { file, bytes } = makeWheel({ name: "odd", files: { "odd.py": "x = 1\n".repeat(50) } });
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      try {
        openWheel(file, changed, nodeCodec.inflate).unpack();
      } catch (error) {
        assert.equal(Object(error).code, "PACKAGES_UNAVAILABLE", `${at}: ${error}`);
      }
    }
  }
});

test("a script names its packages in a comment", () => {
  const script = `#!/usr/bin/env python
# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "six", # for old times' sake
#   'attrs>=25,<26',
# ]
# ///
import six
`;
  assert.deepEqual(scriptRequirements(script), ["six", "attrs>=25,<26"]);
  assert.deepEqual(scriptRequirements("print(1)"), []);
  assert.deepEqual(scriptRequirements("# /// script\n# dependencies = []\n# ///\n"), []);
  const refused = (text: string, reason: RegExp) =>
    assert.throws(
      () => scriptRequirements(text),
      (error: Error) => reason.test(error.message),
    );
  refused(script.replace(">=3.12", "<3.9"), /is for Python <3\.9/);
  refused(script + script, /twice/);
  refused(script.replace('"six"', "six"), /no list of strings/);
});
