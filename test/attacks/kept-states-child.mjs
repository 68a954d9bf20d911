// Adds one to a counter in each of some named sessions, over and over, and tells which it has been answered.
import { createSessions } from "wasm-repl";

const [directory, ...names] = process.argv.slice(2);
const sessions = await createSessions("javascript", { directory, durable: true, maxLive: 2 });
console.log("open");
await Promise.all(
  names.map(async (name) => {
    for (;;) {
      const { result } = await sessions.run(name, "globalThis.count = (globalThis.count ?? 0) + 1");
      process.stdout.write(`${name} ${result}\n`);
    }
  }),
);
