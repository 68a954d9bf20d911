// Makes so many named sessions in one process, each with a value of its own, and asks some of them for it. Prints the
// process's resident memory in MB with the first ones and with all, and how long the answers took in milliseconds; and
// how long one session takes to hibernate and to wake.
import { createSession, createSessions } from "../dist/index.js";

const [count, asked] = process.argv.slice(2).map(Number);
const first = 20;
const sessions = await createSessions("python", { maxLive: 4 });
const residentMb = () => process.memoryUsage.rss() / 1e6;

/** Two at a time, as there may be processors. */
async function make(from, to) {
  let next = from;
  const work = async () => {
    while (next < to) {
      const number = next++;
      await sessions.run(`visitor ${number}`, `x = ${number}`);
    }
  };
  await Promise.all([work(), work()]);
}

await make(0, first);
const firstMb = residentMb();
await make(first, count);
const allMb = residentMb();
const answerMs = [];
let random = 1;
for (let turn = 0; turn < asked; turn++) {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  const number = Math.floor((random / 2 ** 32) * (count - first));
  const start = performance.now();
  const { result } = await sessions.run(`visitor ${number}`, "x");
  answerMs.push(performance.now() - start);
  if (result !== String(number)) throw new Error(`visitor ${number} has ${result}`);
}
await sessions.close();

const session = await createSession("python");
await session.run("x = 1");
const alone = { hibernateMs: [], wakeMs: [] };
for (let turn = 0; turn < asked; turn++) {
  let start = performance.now();
  await session.hibernate();
  alone.hibernateMs.push(performance.now() - start);
  start = performance.now();
  await session.run("x");
  alone.wakeMs.push(performance.now() - start);
}
await session.close();
console.log(JSON.stringify({ firstMb, allMb, first, answerMs, ...alone }));
