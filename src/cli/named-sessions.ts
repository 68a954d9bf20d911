import type { Language } from "../engine/runtime.js";
import { createSessions } from "../node/sessions.js";
import type { Session } from "../session/session.js";
import type { SessionsOptions } from "../session/sessions.js";
import type { SessionStats } from "../session/stats.js";
import { readSession, writeSession } from "./session-file.js";

/** Sessions by name, as JSON lines ask for them: what cannot be done is an error of one line. */
export interface NamedSessions {
  /** See `Sessions.use`. */
  use<Result>(name: string, action: (session: Session) => Promise<Result>): Promise<Result>;
  fork(name: string, to: string): Promise<void>;
  /** Writes the session to a file, all of it or nothing. The file must not be where the sessions can write. */
  snapshot(name: string, path: string): Promise<void>;
  /** Puts the session in the file in the place of that name's. */
  restore(name: string, path: string): Promise<void>;
  stats(name: string): Promise<SessionStats>;
  close(name: string): Promise<void>;
  /** The sessions that there are at this moment. */
  names(): Promise<string[]>;
  /** Ends all of them, once what was asked of them is done. */
  closeAll(): Promise<void>;
}

/** @param first The name of a session that is there from the beginning, and what it begins from. */
export async function createNamedSessions(
  language: Language,
  options: SessionsOptions,
  first: { readonly name: string; readonly snapshot?: Uint8Array },
): Promise<NamedSessions> {
  const { mounts = [] } = options;
  const sessions = await createSessions(language, options);
  if (first.snapshot === undefined) await sessions.use(first.name, async () => {});
  else await sessions.restore(first.name, first.snapshot);
  const missing = (name: string) => new Error(`there is no session ${JSON.stringify(name)}`);
  return {
    use: sessions.use,
    fork: sessions.fork,
    async snapshot(name, path) {
      await sessions.use(name, async (session) => writeSession(path, mounts, await session.snapshot()));
    },
    async restore(name, path) {
      await sessions.restore(name, async () => readSession(path, mounts));
    },
    async stats(name) {
      const stats = await sessions.stats(name);
      if (stats === undefined) throw missing(name);
      return stats;
    },
    async close(name) {
      if (!(await sessions.delete(name))) throw missing(name);
    },
    names: sessions.list,
    closeAll: sessions.close,
  };
}
