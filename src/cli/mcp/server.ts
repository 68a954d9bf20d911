import type { Language } from "../../engine/runtime.js";
import { faultOfArguments } from "./check-arguments.js";
import { instructionsOf, type Surroundings } from "./descriptions.js";
import { fileTools } from "./file-tools.js";
import type { Sdk } from "./load-sdk.js";
import { listResources, readResource, resourceTemplates } from "./resources.js";
import { runTool } from "./run-tool.js";
import type { CallToolResult, ProtocolServer, ServerContext } from "./sdk.js";
import { sessionTools } from "./session-tools.js";
import type { Tool, ToolContext } from "./tool.js";
import type { Workspace } from "./workspace.js";

export interface ServerSetting {
  readonly name: string;
  readonly version: string;
  readonly language: Language;
  readonly surroundings: Surroundings;
}

/** The tools of one client. */
export function toolsFor(workspace: Workspace, { language, surroundings }: ServerSetting): Tool[] {
  return [runTool(language, workspace, surroundings), ...fileTools(workspace), ...sessionTools(workspace)];
}

/** The protocol's side of one client's tools and resources: for one connection, or for one request of it. */
export function createServer(
  sdk: Sdk,
  workspace: Workspace,
  tools: readonly Tool[],
  { name, version, language, surroundings }: ServerSetting,
): ProtocolServer {
  const server = new sdk.Server(
    { name, version },
    { capabilities: { tools: {}, resources: {} }, instructions: instructionsOf(language, surroundings) },
  );
  const refuse = (message: string) => new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, message);

  server.setRequestHandler("tools/list", () => ({ tools: tools.map(declarationOf) }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) {
      throw refuse(`there is no tool of that name; there are: ${tools.map(({ name }) => name).join(", ")}`);
    }
    const result = await callTool(tool, params.arguments ?? {}, toolContext(context));
    return server.projectCallToolResult(result, tool.outputSchema);
  });
  server.setRequestHandler("resources/list", async () => ({ resources: await listResources(workspace) }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
  server.setRequestHandler("resources/read", async ({ params }) => {
    try {
      return await readResource(workspace, params.uri);
    } catch (error) {
      throw refuse(messageOf(error));
    }
  });
  return server;
}

/** What goes wrong is a result, since it is the model's to mend. */
async function callTool(tool: Tool, args: unknown, context: ToolContext): Promise<CallToolResult> {
  const fault = faultOfArguments(args, tool.inputSchema);
  if (fault !== undefined) return failed(fault);
  try {
    return await tool.call(args as never, context);
  } catch (error) {
    return failed(messageOf(error));
  }
}

function failed(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

function declarationOf({ name, title, description, inputSchema, outputSchema, annotations }: Tool) {
  return { name, title, description, inputSchema: inputSchema as never, outputSchema, annotations };
}

function toolContext({ mcpReq }: ServerContext): ToolContext {
  const progressToken = mcpReq._meta?.progressToken;
  return {
    signal: mcpReq.signal,
    ...(progressToken === undefined
      ? {}
      : {
          tellProgress: (progress, message) =>
            mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } }),
        }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
