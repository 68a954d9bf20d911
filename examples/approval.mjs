// Payments that wait for a person. Whoever asks for one ends at once; the code that pays waits in a file, and goes on
// in the process of whoever decides, on another day if need be.
//
//   node examples/approval.mjs FILE ask "WHAT" AMOUNT
//   node examples/approval.mjs FILE show
//   node examples/approval.mjs FILE decide yes|no
import { readFile, rename, writeFile } from "node:fs/promises";
import { createSession } from "wasm-repl";

const [file, action, ...words] = process.argv.slice(2);

/** What the code may call. A person answers `approve`, so its answer comes later; `pay` does what it says at once. */
const functions = {
  approve: {
    parameters: { type: "object", properties: { what: { type: "string" }, amount: { type: "number" } } },
    style: "async",
    run: (_args, { suspend }) => suspend(),
  },
  pay: (amount) => `paid ${amount.toFixed(2)}`,
};

/** A model might have written this. Small amounts need nobody. */
const code = `
def settle(what, amount, granted):
    return f"{what}: {pay(amount)}" if granted else f"{what}: refused"

async def request(what, amount):
    return settle(what, amount, amount < 50 or await approve(what, amount))
`;

async function keep(session) {
  await writeFile(`${file}.new`, await session.snapshot());
  await rename(`${file}.new`, file);
}

function tell({ suspended = [], result, error }) {
  for (const { call, kwargs } of suspended) console.log(`${call} waits: ${kwargs.what}, ${kwargs.amount}`);
  if (error !== undefined) console.log(error);
  else if (result !== undefined) console.log(result);
}

if (action === "ask") {
  const session = await createSession("python", { functions });
  await session.run(code);
  const [what, amount] = words;
  tell(await session.run(`await request(${JSON.stringify(what)}, ${Number(amount)})`));
  await keep(session);
  await session.close();
} else {
  const session = await createSession("python", { functions, snapshot: await readFile(file) });
  const waiting = await session.resume([]).catch((error) => {
    if (error.code !== "NOT_SUSPENDED") throw error;
    return {};
  });
  if (action === "decide" && waiting.suspended !== undefined) {
    const answers = waiting.suspended.map(({ call }) => ({ call, value: words[0] === "yes" }));
    tell(await session.resume(answers));
    await keep(session);
  } else {
    tell(waiting.suspended === undefined ? { result: "nothing waits" } : waiting);
  }
  await session.close();
}
