import { defaultSession, inputSchema, sessionArgument, type Tool, told } from "./tool.js";
import type { Workspace } from "./workspace.js";

export function sessionTools(workspace: Workspace): Tool[] {
  const local = { readOnlyHint: false, openWorldHint: false };
  return [
    {
      name: "reset",
      title: "Reset a session",
      description:
        "Begins a session anew: its variables and its files in memory are gone. With remove: true the session ends, and its name is free.",
      inputSchema: inputSchema(
        {
          session: sessionArgument("Default: default"),
          remove: { type: "boolean", default: false, description: "End the session" },
        },
        [],
      ),
      outputSchema: output({ session: { type: "string" } }),
      annotations: { title: "Reset a session", ...local, destructiveHint: true, idempotentHint: true },
      async call({ session = defaultSession, remove = false }: { session?: string; remove?: boolean }) {
        workspace.mustHave(session);
        if (remove) await workspace.remove(session);
        else await workspace.use(session, (each) => each.reset());
        return told(remove ? `${session} has ended` : `${session} begins anew`, { session });
      },
    },
    {
      name: "fork",
      title: "Fork a session",
      description:
        "Copies a session, with its variables and files, to a new name; both go on apart. Do it before a risky step. To go back, fork the copy onto the session with replace: true.",
      inputSchema: inputSchema(
        {
          session: sessionArgument("The session to copy. Default: default"),
          to: sessionArgument("The name of the copy"),
          replace: { type: "boolean", default: false, description: "End the session that has that name" },
        },
        ["to"],
      ),
      outputSchema: output({ session: { type: "string" }, to: { type: "string" } }),
      annotations: { title: "Fork a session", ...local, destructiveHint: true, idempotentHint: false },
      async call({ session = defaultSession, to, replace = false }: ForkArguments) {
        workspace.mustHave(session);
        await workspace.fork(session, to, replace);
        return told(`${to} is a copy of ${session}`, { session, to });
      },
    },
    {
      name: "sessions",
      title: "List sessions",
      description: "Lists the sessions that there are.",
      inputSchema: inputSchema({}, []),
      outputSchema: output({ sessions: { type: "array", items: { type: "string" } } }),
      annotations: { title: "List sessions", readOnlyHint: true, openWorldHint: false },
      async call() {
        const sessions = workspace.names();
        return told(sessions.join("\n") || "[none yet: the first call makes one]", { sessions });
      },
    },
  ];
}

interface ForkArguments {
  readonly session?: string;
  readonly to: string;
  readonly replace?: boolean;
}

function output(properties: Record<string, object>): Tool["outputSchema"] {
  return { type: "object", properties, required: Object.keys(properties) } as Tool["outputSchema"];
}
