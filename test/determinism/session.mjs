// Runs the cells in a session that this process makes, and prints what became of them: for a process of its own.
//
// usage: session.mjs LANGUAGE OPTIONS-JSON [SNAPSHOT-FILE | -] [RUNTIME-DIRECTORY]
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createSession } from "../../dist/index.js";
import { javascriptCells, pythonCells } from "./cells.mjs";

const [language, options, from = "-", to = "-"] = process.argv.slice(2);
const cells = language === "python" ? pythonCells : javascriptCells;
const session = await createSession(language, {
  ...JSON.parse(options),
  ...(from === "-" ? {} : { snapshot: readFileSync(from) }),
});
const answers = [];
for (const cell of cells) {
  // How long it took is the one thing that is another each time.
  const { durationMs: _, cpuMs: __, ...answer } = await session.run(cell);
  answers.push(answer);
}
const snapshot = await session.snapshot();
if (to !== "-") writeFileSync(to, snapshot);
await session.close();
console.log(JSON.stringify({ answers, snapshot: createHash("sha256").update(snapshot).digest("hex") }));
