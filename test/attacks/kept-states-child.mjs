// Adds one to a counter in each of some named sessions, over and over, and tells which it has been answered:
// `node kept-states-child.mjs LANGUAGE DIRECTORY NAME...`.
import { createSessions } from "wasm-repl";

const [language, directory, ...names] = process.argv.slice(2);
const steps = {
  python: "count = globals().get('count', 0) + 1; count",
  javascript: "globalThis.count = (globalThis.count ?? 0) + 1",
};
const sessions = await createSessions(language, { directory, durable: true, maxLive: 2 });
console.log("open");
await Promise.all(
  names.map(async (name) => {
    for (;;) {
      const { result } = await sessions.run(name, steps[language]);
      process.stdout.write(`${name} ${result}\n`);
    }
  }),
);
