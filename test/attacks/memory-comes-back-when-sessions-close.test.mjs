// What sessions leave behind in a process that goes on. Each case is a process of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const child = fileURLToPath(new URL("resident-memory-child.mjs", import.meta.url));
/** Several times what was measured, and a fifth of what stayed before memory was given back. */
const limitMb = 150;

/** Half of what would stay if each state did that a session has slept with. */
const statesMb = 50;

async function measure(scenario, limit = limitMb) {
  const { stdout } = await promisify(execFile)(process.execPath, [child, scenario, String(limit)]);
  return JSON.parse(stdout);
}

test("sessions that are closed give their memory back, also those that lost their guest or their thread", async () => {
  const { before, live, lost, closed } = await measure("closed");
  assert.ok(lost >= 10, `only ${lost} sessions have lost their guest`);
  assert.ok(live > before + limitMb, "the sessions are to take memory that can stay");
  assert.ok(closed <= before + limitMb, `${before} MB before, ${live} MB with all, ${closed} MB after`);
});

test("many runs take no more memory than a few, whatever they change", async () => {
  const { early, late } = await measure("runs");
  assert.ok(late <= early + limitMb, `${early} MB after some runs, ${late} MB after many`);
});

test("sessions that hibernate and wake over and over take no more memory or descriptors with time", async () => {
  const { early, late, earlyDescriptors, lateDescriptors } = await measure("sleep", statesMb);
  assert.ok(late <= early + statesMb, `${early} MB after a few times, ${late} MB after many`);
  // Those of a thread that waits for the next session, at most.
  assert.ok(
    lateDescriptors <= earlyDescriptors + 30,
    `${earlyDescriptors}, then ${lateDescriptors} descriptors`,
  );
});

test("calls that went as deep as they can leave no deep stacks behind", async () => {
  const { before, deep, closed } = await measure("deep");
  assert.ok(deep > before + limitMb, "the calls are to take memory that can stay");
  assert.ok(closed <= before + limitMb, `${before} MB before, ${deep} MB with all, ${closed} MB after`);
});
