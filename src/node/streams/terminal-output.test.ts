import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../../errno.js";
import { createTerminalWriter } from "./terminal-output.js";

test("what an interrupt leaves of a write comes before all that is written later, whole and once", () => {
  const seen: string[] = [];
  const takes = [3, 0, 2, 100];
  const write = createTerminalWriter((bytes) => {
    const count = Math.min(takes.shift() ?? 100, bytes.length);
    if (count === 0) throw new ErrnoError("EINTR");
    seen.push(Buffer.from(bytes.subarray(0, count)).toString());
    return count;
  });
  for (const text of ["abc\x1b[3", "1m", "red", "\x1b[0m"]) write(Buffer.from(text));
  assert.deepEqual(seen, ["abc", "\x1b[", "31mred\x1b[0m"]);
});

test("a terminal that takes nothing more costs no more than the writes in hand", () => {
  let longest = 0;
  const write = createTerminalWriter((bytes) => {
    longest = Math.max(longest, bytes.length);
    throw new ErrnoError("EINTR");
  });
  for (let count = 0; count < 1000; count++) write(new Uint8Array(10_000));
  assert.ok(longest < 80_000, `${longest}`);
});

test("any other failure is the writer's to tell", () => {
  const write = createTerminalWriter(() => {
    throw new ErrnoError("EIO");
  });
  assert.throws(() => write(Buffer.from("text")), { errno: "EIO" });
});
