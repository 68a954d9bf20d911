import type { Language } from "../engine/runtime.js";
import { createSession } from "../node/sessions.js";
import type { SessionOptions } from "../session/options.js";
import type { Session } from "../session/session.js";
import { readSession, writeSession } from "./session-file.js";

/** Sessions by name. What is asked of one name is done in order; different names do not wait for each other. */
export interface NamedSessions {
  /** Does something with the session of that name, which is made if there is none. */
  use<Result>(name: string, action: (session: Session) => Promise<Result>): Promise<Result>;
  fork(name: string, to: string): Promise<void>;
  /** Writes the session to a file, all of it or nothing. The file must not be where the sessions can write. */
  snapshot(name: string, path: string): Promise<void>;
  /** Puts the session in the file in the place of that name's. */
  restore(name: string, path: string): Promise<void>;
  close(name: string): Promise<void>;
  /** The sessions that there are at this moment. */
  names(): string[];
  /** Ends all of them, once what was asked of them is done. */
  closeAll(): Promise<void>;
}

export function createNamedSessions(
  language: Language,
  options: SessionOptions,
  first: ReadonlyMap<string, Session> = new Map(),
): NamedSessions {
  const { mounts = [] } = options;
  const sessions = new Map(first);
  /** When everything that was asked of a name so far is done. */
  const lanes = new Map<string, Promise<unknown>>();

  function inLanes<Result>(names: readonly string[], action: () => Promise<Result>): Promise<Result> {
    const result = Promise.all(names.map((name) => lanes.get(name))).then(action);
    const settled = result.catch(() => {});
    for (const name of names) {
      lanes.set(name, settled);
      // Names come and go: a lane without work is forgotten.
      void settled.then(() => {
        if (lanes.get(name) === settled) lanes.delete(name);
      });
    }
    return result;
  }

  async function sessionOf(name: string): Promise<Session> {
    let session = sessions.get(name);
    if (session === undefined) {
      session = await createSession(language, options);
      sessions.set(name, session);
    }
    return session;
  }

  async function drop(name: string): Promise<void> {
    const session = sessions.get(name);
    sessions.delete(name);
    await session?.close();
  }

  return {
    use: (name, action) => inLanes([name], async () => action(await sessionOf(name))),
    fork: (name, to) =>
      inLanes([name, to], async () => {
        if (sessions.has(to)) throw new Error(`there is a session ${JSON.stringify(to)} already`);
        sessions.set(to, await (await sessionOf(name)).fork());
      }),
    snapshot: (name, path) =>
      inLanes([name], async () => writeSession(path, mounts, await (await sessionOf(name)).snapshot())),
    restore: (name, path) =>
      inLanes([name], async () => {
        const session = await createSession(language, { ...options, snapshot: readSession(path, mounts) });
        await drop(name);
        sessions.set(name, session);
      }),
    close: (name) =>
      inLanes([name], async () => {
        if (!sessions.has(name)) throw new Error(`there is no session ${JSON.stringify(name)}`);
        await drop(name);
      }),
    names: () => [...sessions.keys()],
    async closeAll() {
      await Promise.all(lanes.values());
      await Promise.all([...sessions.keys()].map(drop));
    },
  };
}
