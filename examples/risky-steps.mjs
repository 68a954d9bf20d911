// What an agent does with code that it has been told to run: each step runs in a fork of the session, and the fork
// takes the session's place only if the step went well. A step that fails leaves no trace, whatever it did before.
import { createSession } from "wasm-repl";

/** A model would write these one after the other, with the answers before it. */
const steps = [
  "sales = {'mon': 3, 'tue': 5, 'wed': 4}",
  "del sales['mon']; sales['thu'] / 2",
  "sales['thu'] = 6; sum(sales.values())",
  "sales.clear()\nwhile True: pass",
  "max(sales, key=sales.get)",
];

let session = await createSession("python", { timeoutMs: 3000 });

for (const code of steps) {
  const attempt = await session.fork();
  const { result, exception, stopped } = await attempt.run(code);
  const failure = stopped ?? exception?.type;
  const [kept, dropped] = failure === undefined ? [attempt, session] : [session, attempt];
  session = kept;
  await dropped.close();
  const [firstLine] = code.split("\n");
  console.log(
    `${firstLine}\n  ${failure === undefined ? `kept: ${result ?? "no value"}` : `undone: ${failure}`}`,
  );
}
console.log((await session.run("sales")).result);
await session.close();
