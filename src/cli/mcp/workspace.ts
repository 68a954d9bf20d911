import type { Session } from "../../session/session.js";
import type { Sessions } from "../../session/sessions.js";
import { defaultSession, ToolError } from "./tool.js";

/** The most sessions that one client may have. */
const mostSessions = 100;
/** The most names that an error repeats. */
const mostNamed = 20;

/** The sessions of one client, by the names that it has for them. */
export interface Workspace {
  /** Does something with a session, which is made if there is none. */
  use<Result>(name: string, action: (session: Session) => Promise<Result>): Promise<Result>;
  /** A `ToolError` if there is no session of that name; the default one is always there. */
  mustHave(name: string): void;
  /** @param replace End the one that has the name `to`, if any; else that is an error. */
  fork(name: string, to: string, replace: boolean): Promise<void>;
  /** Ends a session, whose state is forgotten. */
  remove(name: string): Promise<void>;
  names(): string[];
  /** Ends all sessions of this client. */
  removeAll(): Promise<void>;
}

/** @param prefix What stands in front of the names among all sessions. Default: nothing, for the only client. */
export async function createWorkspace(sessions: Sessions, prefix = ""): Promise<Workspace> {
  const names = new Set<string>();
  for (const name of await sessions.list()) {
    if (name.startsWith(prefix)) names.add(name.slice(prefix.length));
  }

  function admit(name: string): void {
    if (names.has(name)) return;
    if (names.size >= mostSessions) {
      throw new ToolError(`there are ${mostSessions} sessions already; end one with reset and remove: true`);
    }
    names.add(name);
  }

  /** A name that got no session is free again. */
  async function withName<Result>(name: string, action: () => Promise<Result>): Promise<Result> {
    admit(name);
    try {
      return await action();
    } catch (error) {
      if (!(await sessions.has(prefix + name))) names.delete(name);
      throw error;
    }
  }

  async function remove(name: string): Promise<void> {
    names.delete(name);
    await sessions.delete(prefix + name);
  }

  return {
    use: (name, action) => withName(name, () => sessions.use(prefix + name, action)),
    mustHave(name) {
      if (name === defaultSession || names.has(name)) return;
      const known = [...new Set([defaultSession, ...names])].slice(0, mostNamed).join(", ");
      throw new ToolError(`there is no session ${name}; there are: ${known}`);
    },
    fork: async (name, to, replace) => {
      if (names.has(to) && !replace) {
        throw new ToolError(
          `there is a session ${to} already: choose another name, or give replace: true to end that one`,
        );
      }
      if (name === to) throw new ToolError("a session cannot be forked into itself");
      await withName(to, async () => {
        if (!names.has(name)) await withName(name, () => sessions.use(prefix + name, async () => {}));
        if (replace) await sessions.restore(prefix + to, await sessions.snapshot(prefix + name));
        else await sessions.fork(prefix + name, prefix + to);
      });
    },
    remove,
    names: () => [...names].sort(),
    async removeAll() {
      await Promise.all([...names].map(remove));
    },
  };
}
