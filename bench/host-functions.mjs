// Calls of host functions, as the code in a session sees them, and a cell that is suspended and goes on elsewhere.
import { createSession } from "../dist/index.js";
import { alternate, timeMs } from "./measure.mjs";

const goals = { callMs: 0.15, callsPerSecond: 30_000, bytesMs: 3, suspendMs: 15 };
const callsPerRun = 500;
const gathered = 1000;

const functions = {
  one: () => 1,
  take: (bytes) => bytes.length,
  approve: { run: (_, { suspend }) => suspend() },
};

/** Each gives the milliseconds of what it names. */
const cells = {
  python: {
    prepare: "import asyncio, time\nbytes_ = b'x' * 1_000_000\nawait asyncio.sleep(0)",
    waiting: timed(`for _ in range(${callsPerRun}): one()`, callsPerRun),
    awaited: timed(`for _ in range(${callsPerRun}): await one.aio()`, callsPerRun),
    gathered: timed(`await asyncio.gather(*[one.aio() for _ in range(${gathered})])`),
    bytes: timed("take(bytes_)"),
    suspended: "await approve.aio()",
  },
  javascript: {
    prepare: "var bytes = new Uint8Array(1_000_000)",
    waiting: `{ const t = performance.now(); for (let i = 0; i < ${callsPerRun}; i++) one.sync(); (performance.now() - t) / ${callsPerRun} }`,
    awaited: `{ const t = performance.now(); for (let i = 0; i < ${callsPerRun}; i++) await one(); (performance.now() - t) / ${callsPerRun} }`,
    gathered: `{ const t = performance.now(); await Promise.all(Array.from({ length: ${gathered} }, () => one())); performance.now() - t }`,
    bytes: "{ const t = performance.now(); take.sync(bytes); performance.now() - t }",
    suspended: "await approve()",
  },
};

function timed(code, count = 1) {
  return `t = time.perf_counter()\n${code}\n(time.perf_counter() - t) * 1000 / ${count}`;
}

export async function hostFunctions({ runs }) {
  const rows = [];
  for (const language of Object.keys(cells)) rows.push(...(await measure(language, runs)));
  return rows;
}

async function measure(language, runs) {
  const { prepare, suspended, ...timedCells } = cells[language];
  const session = await createSession(language, { functions, maxCalls: 1_000_000 });
  const valueIn = async (code) => {
    const { value, error } = await session.run(code, { value: true });
    if (error !== undefined) throw new Error(error);
    return value;
  };
  await session.run(prepare);
  const {
    waiting,
    awaited,
    gathered: together,
    bytes,
    elsewhere,
  } = await alternate(runs, {
    ...Object.fromEntries(Object.entries(timedCells).map(([name, code]) => [name, () => valueIn(code)])),
    elsewhere: () => suspendAndResume(language, suspended),
  });
  await session.close();
  return [
    { what: `${language}: a call that waits`, ours: waiting, unit: "ms", goal: goals.callMs },
    { what: `${language}: a call that is awaited`, ours: awaited, unit: "ms", goal: goals.callMs },
    {
      what: `${language}: ${gathered} calls at once`,
      ours: together,
      unit: "ms",
      goal: (1000 * gathered) / goals.callsPerSecond,
    },
    { what: `${language}: 1 MB of bytes to the host`, ours: bytes, unit: "ms", goal: goals.bytesMs },
    {
      what: `${language}: suspended to bytes, and on in another session`,
      ours: elsewhere,
      unit: "ms",
      goal: goals.suspendMs,
    },
  ];
}

/** From the end of the suspended cell to its result in another session. */
async function suspendAndResume(language, code) {
  const first = await createSession(language, { functions });
  const { suspended } = await first.run(code);
  let second;
  const time = await timeMs(async () => {
    second = await createSession(language, { functions, snapshot: await first.snapshot() });
    await second.resume(suspended.map(({ call }) => ({ call, value: 1 })));
  });
  await first.close();
  await second.close();
  return time;
}
