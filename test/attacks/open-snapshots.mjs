// A process that opens snapshots one after the other: `node open-snapshots.mjs LANGUAGE OPTIONS FILE...`. It prints a
// line of JSON for each: the error's code, or what the session answered, and the time that it took in milliseconds.
import { readFileSync } from "node:fs";
import { createSession } from "../../dist/index.js";

const [language, options, ...files] = process.argv.slice(2);
for (const file of files) {
  const start = performance.now();
  const outcome = await open(readFileSync(file)).catch(({ code, message }) => ({ code, message }));
  console.log(JSON.stringify({ ...outcome, ms: performance.now() - start }));
}

async function open(snapshot) {
  const session = await createSession(language, { ...JSON.parse(options), snapshot });
  const { result, error } = await session.run("6 * 7", { timeoutMs: 1000 });
  await session.close();
  return { result, error };
}
