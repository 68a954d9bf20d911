/**
 * What is used of the protocol's SDK. It is bundled into a file of its own, `dist/mcp-sdk.cjs`, so that a start that does
 * not serve it neither reads nor compiles it; see `load-sdk.ts`.
 */
export type {
  CallToolResult,
  ContentBlock,
  JSONRPCMessage,
  ReadResourceResult,
  Resource,
  Server as ProtocolServer,
  ServerContext,
  Tool as ToolDeclaration,
  Transport,
} from "@modelcontextprotocol/server";
export {
  createMcpHandler,
  deserializeMessage,
  isLegacyRequest,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
export { serveStdio } from "@modelcontextprotocol/server/stdio";
