// A server of the protocol for code mode to call: tools that give each kind of content, fail, hang and die.
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const object = (properties, required = Object.keys(properties)) => ({ type: "object", properties, required });
const text = (value) => ({ content: [{ type: "text", text: value }] });

const tools = {
  add: {
    description: "Adds two numbers.\nAnd no more.",
    inputSchema: object({ a: { type: "number" }, b: { type: "number", description: "the second" } }),
    outputSchema: object({ sum: { type: "number" } }),
    call: ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  },
  "say-hello": {
    inputSchema: object({ name: { type: "string", pattern: "^(a+)+$" }, "loud-ly": { type: "boolean" } }, [
      "name",
    ]),
    call: ({ name }) => text(`hello ${name}`),
  },
  picture: {
    inputSchema: object({}),
    call: () => ({ content: [{ type: "image", mimeType: "image/png", data: "iVBORw==" }] }),
  },
  fail: { inputSchema: object({}), call: () => ({ ...text("it is broken"), isError: true }) },
  hang: { inputSchema: object({}), call: () => new Promise(() => {}) },
  die: { inputSchema: object({}), call: () => process.exit(3) },
  environment: {
    inputSchema: object({}),
    call: () => text([process.env.GIVEN, process.env.SECRET].join()),
  },
};

serveStdio(() => {
  const server = new Server({ name: "to-call", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", () => ({
    tools: Object.entries(tools).map(([name, { call: _, ...declared }]) => ({ name, ...declared })),
  }));
  server.setRequestHandler("tools/call", ({ params }) => tools[params.name].call(params.arguments ?? {}));
  return server;
});
