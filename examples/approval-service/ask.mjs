// Asks for a payment. The code waits for a person, and this process does not: the service keeps it, for days if need be.
//
//   node examples/approval-service/ask.mjs SERVICE "WHAT" AMOUNT
import { pathToFileURL } from "node:url";
import { connect } from "wasm-repl/client";

/** What the code may call: a person answers. */
const functions = {
  approve: {
    description: "Asks a person whether this may be paid.",
    parameters: {
      type: "object",
      properties: { what: { type: "string" }, amount: { type: "number" } },
      required: ["what", "amount"],
    },
    returns: { type: "boolean" },
    style: "async",
  },
};

/** A model might have written this. Small amounts need nobody. */
const code = `
async def pay(what, amount):
    granted = amount < 50 or await approve(what, amount)
    return f"{what}: paid {amount:.2f}" if granted else f"{what}: refused"
`;

/** @param service A client of the service. */
export async function ask(service, what, amount) {
  // A session for each payment: one that waits does not hold up another.
  const key = `payment-${what.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
  const session = await service.createSession(key, "python", { functions });
  await session.run(code, { cellId: "definitions" });
  return session.run(`print(await pay(${JSON.stringify(what)}, ${Number(amount)}))`, { cellId: "payment" });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [url, what, amount] = process.argv.slice(2);
  const { suspended, output } = await ask(connect({ url, token: process.env.WASM_REPL_TOKEN }), what, amount);
  console.log(suspended === undefined ? output : "it waits for a person");
}
