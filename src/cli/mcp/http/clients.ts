import type { Sessions } from "../../../session/sessions.js";
import type { Tool } from "../tool.js";
import { createWorkspace, type Workspace } from "../workspace.js";

/** What a client works with. */
export interface Client {
  readonly workspace: Workspace;
  readonly tools: readonly Tool[];
}

/** The clients of a server, each with sessions of its own. */
export interface Clients {
  of(name: string): Promise<Client>;
  /** Ends a client's sessions. */
  remove(name: string): Promise<void>;
}

export function createClients(
  sessions: Sessions,
  toolsFor: (workspace: Workspace) => readonly Tool[],
): Clients {
  const clients = new Map<string, Promise<Client>>();

  async function create(name: string): Promise<Client> {
    const workspace = await createWorkspace(sessions, `${name}/`);
    return { workspace, tools: toolsFor(workspace) };
  }

  return {
    of(name) {
      let client = clients.get(name);
      if (client === undefined) {
        client = create(name);
        clients.set(name, client);
      }
      return client;
    },
    async remove(name) {
      const client = await clients.get(name);
      clients.delete(name);
      await client?.workspace.removeAll();
    },
  };
}
