// The protocol's own clients, of its SDK's current major version and of the one before, connected to our commands.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as EarlierClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as EarlierTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { commandPath } from "./commands.mjs";

const about = { name: "test", version: "1.0.0" };

/** What each kind of client is, and which revision of the protocol it comes to speak with us. */
export const kinds = {
  "the current client": {
    revision: "2026-07-28",
    make: () => new Client(about, { versionNegotiation: { mode: "auto" } }),
    Transport: StdioClientTransport,
  },
  "the current client without negotiation": {
    revision: "2025-11-25",
    make: () => new Client(about),
    Transport: StdioClientTransport,
  },
  "the client of the major version before": {
    revision: "2025-11-25",
    make: () => new EarlierClient(about),
    Transport: EarlierTransport,
  },
};

/** Starts a command with `--mcp` and connects a client to it. `call` gives a tool's result, `text` its first text. */
export async function connect(
  name,
  args = [],
  kind = kinds["the current client without negotiation"],
  stderr = "inherit",
) {
  const client = kind.make();
  const transport = new kind.Transport({
    command: process.execPath,
    args: [commandPath(name), "--mcp", ...args],
    stderr,
  });
  await client.connect(transport);
  const call = (tool, given = {}, options = {}) =>
    client.callTool(
      { name: tool, arguments: given },
      ...(kind.Transport === EarlierTransport ? [undefined, options] : [options]),
    );
  return {
    client,
    transport,
    call,
    run: (code, given = {}, options = {}) =>
      call(name === "pyrunner" ? "run_python" : "run_javascript", { code, ...given }, options),
    text: async (...words) => textOf(await call(...words)),
    close: () => client.close(),
  };
}

export function textOf({ content }) {
  return content.find(({ type }) => type === "text")?.text;
}
