// A small MCP server with the tools of a shop, for code-mode.mjs: any other server would do.
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const stock = { tea: { price: 3, left: 40 }, cake: { price: 4.5, left: 2 }, jam: { price: 6, left: 0 } };

const item = { type: "string", description: "What is sold" };
const tools = [
  {
    name: "list-items",
    description: "Lists what the shop sells.",
    inputSchema: { type: "object", properties: {} },
    call: () => ({ items: Object.keys(stock) }),
  },
  {
    name: "look-up",
    description: "Tells the price of an item, and how many are left.",
    inputSchema: { type: "object", properties: { item }, required: ["item"] },
    call: ({ item }) => stock[item],
  },
];

serveStdio(() => {
  const server = new Server({ name: "shop", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({ tools: tools.map(({ call: _, ...tool }) => tool) }));
  server.setRequestHandler("tools/call", ({ params: { name, arguments: given = {} } }) => {
    const found = tools.find((tool) => tool.name === name)?.call(given);
    if (found === undefined)
      return { content: [{ type: "text", text: "there is no such item" }], isError: true };
    return { content: [{ type: "text", text: JSON.stringify(found) }], structuredContent: found };
  });
  return server;
});
