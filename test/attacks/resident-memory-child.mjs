// A process of its own, whose memory is measured: `node resident-memory-child.mjs SCENARIO`. Prints megabytes as JSON.
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const { createSession } = await import(process.env.WASM_REPL_DIST ?? "../../dist/index.js");

const megabyte = 1e6;
/** A thread reports what a run has changed once it has rested for 10 ms. */
const restMs = 15;
const longestWaitMs = 40_000;

/** How often each session hibernates; a thorough run sets 2000. */
const cycles = Number(process.env.WASM_REPL_TEST_OPERATIONS ?? 40);

/** What this process has open; 0 where the system does not tell. */
const descriptors = () => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

const residentMb = () => Math.round(process.memoryUsage.rss() / megabyte);

/** Waits until no more than `limitMb` are resident, and gives what is; more than that if it does not come to pass. */
async function settledMb(limitMb) {
  const end = performance.now() + longestWaitMs;
  while (residentMb() > limitMb && performance.now() < end) await pause(50);
  return residentMb();
}

/** What is loaded for the first session stays, so that is measured first. */
async function firstSession(language, code) {
  const session = await createSession(language);
  await session.run(code);
  await session.close();
}

/** What costs a session its guest, and in the last case its thread, and in which sessions that happens. */
const endings = [
  ["import os; os._exit(3)", 5],
  ["import os; os.abort()", 7],
  ["sum(range(10 ** 11))", 9],
];

const scenarios = {
  /** Sessions with some data each, of which some lose their guest or their thread on the way. */
  async closed(limitMb) {
    const fill = (megabytes) => `data = bytearray(b"7") * ${megabytes}_000_000`;
    await firstSession("python", fill(8));
    const before = residentMb();
    let lost = 0;
    const open = async (_, index) => {
      const session = await createSession("python");
      for (let run = 1; run <= 4; run++) {
        await session.run(fill(2 * run));
        await pause(restMs);
      }
      for (const [code, every] of endings) {
        if (index % every !== 0) continue;
        const { state } = await session.run(code, { timeoutMs: 500 });
        if (state === "rolled_back") lost++;
      }
      return session;
    };
    const sessions = await Promise.all(Array.from({ length: 30 }, open));
    const live = residentMb();
    for (const session of sessions) await session.close();
    return { before, lost, live, closed: await settledMb(before + limitMb) };
  },

  /** Sessions that change three megabytes in each run, one after the other and many at once. */
  async runs(limitMb) {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => createSession("javascript")));
    await Promise.all(sessions.map((session) => session.run("var data = new Uint8Array(3e6); 0")));
    const run = async (session, number) => {
      await session.run(`data.fill(${number}), 0`);
      await pause(restMs);
    };
    const round = async (from, to) => {
      for (let number = from; number < to; number++) {
        await Promise.all(sessions.map((session) => run(session, number % 256)));
      }
    };
    await round(0, 25);
    const early = residentMb();
    await round(25, 90);
    return { early, late: await settledMb(early + limitMb) };
  },

  /** Sessions that hibernate and wake over and over, with data that does not compress. */
  async sleep(limitMb) {
    const sessions = await Promise.all(Array.from({ length: 3 }, () => createSession("python")));
    await Promise.all(sessions.map((session) => session.run("import os; data = os.urandom(600_000)")));
    const cycle = async (session) => {
      await session.hibernate();
      await session.run("data = data[1:] + data[:1]");
    };
    const round = async (count) => {
      for (let done = 0; done < count; done++) await Promise.all(sessions.map(cycle));
    };
    // Memory settles after some dozen times: what the C library holds for its heaps, and threads that wait.
    await round(cycles);
    const early = residentMb();
    const earlyDescriptors = descriptors();
    await round(cycles);
    await Promise.all(sessions.map((session) => session.hibernate()));
    const late = await settledMb(early + limitMb);
    return { early, late, earlyDescriptors, lateDescriptors: descriptors() };
  },

  /** A session whose calls went as deep as they can. */
  async deep(limitMb) {
    await firstSession("python", "1");
    const before = residentMb();
    const sessions = await Promise.all(Array.from({ length: 4 }, () => createSession("python")));
    const code =
      "import sys; sys.setrecursionlimit(10**6)\ndef f(): f()\ntry: f()\nexcept RecursionError: pass";
    await Promise.all(sessions.map((session) => session.run(code)));
    const deep = residentMb();
    for (const session of sessions) await session.close();
    return { before, deep, closed: await settledMb(before + limitMb) };
  },
};

const [scenario, limitMb] = process.argv.slice(2);
console.log(JSON.stringify(await scenarios[scenario](Number(limitMb))));
