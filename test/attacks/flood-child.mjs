// Runs one piece of code again and again in a session, and prints how much memory the process has taken for it at most,
// in MiB, and the session's last words. Arguments: the language, how many times, and the code.
import { createSession } from "../../dist/index.js";

const [language, times, code] = process.argv.slice(2);
const session = await createSession(language, { memoryBytes: 128 * 2 ** 20, maxOutputBytes: 2 ** 20 });
await session.run("kept = 6");
const peakMib = () => process.resourceUsage().maxRSS / 1024;
const before = peakMib();
let error;
for (let count = 0; count < Number(times); count++)
  ({ error } = await session.run(code, { timeoutMs: 30_000 }));
const { result } = await session.run("kept * 7");
console.log(JSON.stringify({ takenMib: Math.round(peakMib() - before), error, result }));
await session.close();
