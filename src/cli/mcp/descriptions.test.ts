import assert from "node:assert/strict";
import { test } from "node:test";
import { runDescription, surroundingsOf } from "./descriptions.js";

const known = {
  interpreter: "CPython 3.14.2",
  times: { defaultMs: 50_000, mostMs: 600_000 },
  areKept: false,
  functionNotes: [],
};

test("a description says what is not there", () => {
  const text = runDescription("python", surroundingsOf({}, known));
  assert.match(text, /^Runs Python \(CPython 3\.14\.2\) in a sandbox\./);
  assert.match(text, /^There: the standard library, await /m);
  assert.match(text, /^Not there: pip and other packages, .*, the network, this machine's files\.$/m);
  assert.match(text, /^Limits: 50 s a call \(timeout_ms: up to 600 s\), 1024 MB of memory\./m);
  assert.ok(text.length < 1500);
});

test("a description says what the command line gives: packages, hosts, mounts, functions", () => {
  const surroundings = surroundingsOf(
    {
      with: ["numpy, pandas>=2"],
      network: ["example.com:443"],
      mounts: [{ hostPath: "/x", guestPath: "/data", mode: "rw" }],
      memoryBytes: 2 ** 28,
    },
    { ...known, functionNotes: ["Functions that the code may call:"] },
  );
  const text = runDescription("python", surroundings);
  assert.match(text, /the standard library, the packages numpy, pandas>=2, await/);
  assert.match(
    text,
    /the network, except example\.com:443, this machine's files, except \/data \(which can be changed\)\.$/m,
  );
  assert.match(text, /256 MB of memory/);
  assert.match(text, /\nFunctions that the code may call:$/);
  assert.deepEqual(
    [surroundings.canWriteHost, surroundings.hasNetwork, surroundings.hasFunctions],
    [true, true, true],
  );
});

test("a mount without a mode is read-only", () => {
  const mounts = [{ hostPath: "/x", guestPath: "/data" }];
  const surroundings = surroundingsOf({ mounts: mounts as never }, known);
  assert.match(runDescription("javascript", surroundings), /except \/data \(read-only\)\.$/m);
  assert.equal(surroundings.canWriteHost, false);
});
