/** As `sdk.ts`, for code mode: a client of other servers, in `dist/mcp-client-sdk.cjs`. */
export type { CallToolResult, Tool as ServerTool } from "@modelcontextprotocol/client";
export { Client } from "@modelcontextprotocol/client";
export { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
