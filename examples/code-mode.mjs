// Code mode: an agent whose only tool is run_python, whose code calls the tools of another MCP server as functions. One
// program takes the place of a call of a tool, and an answer read by the model, for each item.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "code-mode-"));
const servers = join(folder, "servers.json");
const shop = { command: process.execPath, args: [file("shop-server.mjs")] };
writeFileSync(servers, JSON.stringify({ mcpServers: { shop } }));

const client = new Client({ name: "agent", version: "1.0.0" });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [file("../dist/pyrunner.cjs"), "--mcp", "--mcp-servers", servers],
  }),
);

// What a model is told of the functions.
const [{ description }] = (await client.listTools()).tools;
for (const line of description.split("\n")) if (line.startsWith("- ")) console.log(line);

/** A model would write these one after the other, with the answers before it. */
const replies = [
  "shop.look_up('coffee')",
  `
import asyncio
names = shop.list_items()["items"]
found = dict(zip(names, await asyncio.gather(*(shop.look_up.aio(name) for name in names))))
worth = sum(each["price"] * each["left"] for each in found.values())
worth, [name for name, each in found.items() if each["left"] < 3]`,
];
for (const code of replies) {
  const { content } = await client.callTool({ name: "run_python", arguments: { code } });
  console.log(content[0].text.split("\n").at(-1));
}

await client.close();
rmSync(folder, { recursive: true });
