// An agent's loop with three tools. A model writes code, the code calls the tools, and what it prints or fails with goes
// back to the model. Here the model is a list of what it would write, so that the example runs by itself.
import { createSession } from "wasm-repl";

const orders = [
  { id: 1, customer: "Ada", total: 120 },
  { id: 2, customer: "Bob", total: 75 },
  { id: 3, customer: "Ada", total: 310 },
];
const notes = [];

const tools = {
  search_orders: {
    description: "Orders of a customer.",
    parameters: { type: "object", properties: { customer: { type: "string" } }, required: ["customer"] },
    run: async ({ customer }) => orders.filter((order) => order.customer === customer),
  },
  exchange_rate: {
    description: "How many units of a currency one euro is.",
    parameters: {
      type: "object",
      properties: { currency: { enum: ["USD", "JPY"] } },
      required: ["currency"],
    },
    timeoutMs: 1000,
    run: async ({ currency }) => ({ USD: 1.25, JPY: 160 })[currency],
  },
  note: {
    description: "Keeps a note for people.",
    parameters: { properties: { text: { type: "string" } } },
    run: ({ text }) => void notes.push(text),
  },
};

/** What a model writes, turn by turn: the second mends what the first did wrong. */
const turns = [
  "total = sum(order['total'] for order in search_orders('Ada'))\nprint(total, exchange_rate('EUR'))",
  "dollars = total * exchange_rate('USD')\nprint(dollars)",
  "import asyncio\nfound = await asyncio.gather(*[search_orders.aio(name) for name in ('Ada', 'Bob')])\n[len(orders) for orders in found]",
  "note(f'Ada has ordered for {dollars:.2f} dollars')",
];

const session = await createSession("python", { functions: tools, timeoutMs: 5000, maxCalls: 20 });
for (const code of turns) {
  const { output, result, exception } = await session.run(code);
  const said =
    exception === undefined ? (output ?? result ?? "done") : `${exception.type}: ${exception.message}`;
  console.log(said.trim());
}
console.log(`noted: ${notes.join()}`);
await session.close();
