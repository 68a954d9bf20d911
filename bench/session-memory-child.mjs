// Opens sessions one after the other, keeps them, and prints the process's resident memory in MB after each.
import { createSession } from "../dist/index.js";

const language = process.argv[2];
const code = { python: "x = 5\nprint(x)", javascript: "let x = 5; console.log(x)" }[language];
const sessions = [];
const memory = [];
for (let count = 0; count < 12; count++) {
  const session = await createSession(language);
  await session.run(code);
  sessions.push(session);
  // The first brings what all share.
  if (count > 0) memory.push(process.memoryUsage.rss() / 1e6);
}
await Promise.all(sessions.map((session) => session.close()));
console.log(JSON.stringify(memory));
