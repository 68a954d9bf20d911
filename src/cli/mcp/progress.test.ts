import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createProgressReport } from "./progress.js";

/** What a client has been told, with time that the test moves. */
function reportWithTime() {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const told: [number, string][] = [];
  const report = createProgressReport(async (count, message) => void told.push([count, message]));
  return {
    told,
    report,
    /** Until what is sent has arrived, and then for so long. */
    async pass(ms: number) {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      mock.timers.tick(ms);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    },
  };
}

test("the first piece is told at once, and what follows together, five times a second at most", async () => {
  const { told, report, pass } = reportWithTime();
  try {
    report.write("a");
    report.write("b");
    report.write("c");
    await pass(199);
    assert.deepEqual(told, [[1, "a"]]);
    await pass(1);
    assert.deepEqual(told, [
      [1, "a"],
      [2, "bc"],
    ]);
  } finally {
    mock.timers.reset();
  }
});

test("a run that writes nothing is told of every ten seconds", async () => {
  const { told, pass } = reportWithTime();
  try {
    await pass(10_000);
    assert.deepEqual(told, [[1, "running for 10 s"]]);
    await pass(200);
    await pass(10_000);
    assert.equal(told.length, 2);
  } finally {
    mock.timers.reset();
  }
});

test("of much output the end is told, and nothing once the run is over", async () => {
  const { told, report, pass } = reportWithTime();
  try {
    report.write("x");
    report.write(`${"y".repeat(5000)}z`);
    await pass(200);
    assert.equal(told[1]?.[1], `…${"y".repeat(3998)}z`);
    report.write("more");
    report.end();
    await pass(60_000);
    assert.equal(told.length, 2);
  } finally {
    mock.timers.reset();
  }
});
