import type { Session } from "../session/session.js";
import type { SessionFile } from "./session-file.js";

/** The session is saved when nothing has changed it for this long. */
const restMs = 100;
/** Under load it is saved about this often, between two runs; and a save that failed is tried again after this long. */
const longestUnsavedMs = 1000;
/** Then saving may take at most this part of the time, for sessions with very much memory. */
const greatestShare = 0.05;

/** Keeps a session that is in use in its file. */
export interface SessionKeeper {
  /** The session has changed: it will be saved, soon. */
  changed(): void;
  /** Saves the session if it has changed for long without a rest. To be awaited before each run, in its turn. */
  beforeRun(session: Session): Promise<void>;
  /** Saves what is not saved yet, and ends. False if that could not be done. */
  finish(): Promise<boolean>;
}

/**
 * @param use Does something with the session, when its turn comes.
 * @param report Takes the reason for which the session could not be saved; not every time that it is the same.
 */
export function createSessionKeeper(
  file: SessionFile,
  use: (action: (session: Session) => Promise<void>) => Promise<void>,
  report: (reason: string) => void,
): SessionKeeper {
  /** Counts changes; and how many of them the file holds. */
  let changes = 0;
  let saved = 0;
  let unsavedSince: number | undefined;
  /** Why the last save failed, if it did. */
  let failure: string | undefined;
  let costMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let isQueued = false;

  const longestMs = () => Math.max(longestUnsavedMs, costMs / greatestShare);

  async function save(session: Session): Promise<void> {
    const start = performance.now();
    // What changes from here on is not in the snapshot.
    const seen = changes;
    clearTimeout(timer);
    file.save(await session.snapshot());
    saved = seen;
    failure = undefined;
    unsavedSince = changes === saved ? undefined : start;
    costMs = performance.now() - start;
  }

  function failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== failure) report(reason);
    failure = reason;
    unsavedSince = performance.now();
    saveAfter(longestMs());
  }

  function saveAfter(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      // One that waits for its turn saves all that comes before it.
      if (isQueued) return;
      isQueued = true;
      await saveInTurn();
      isQueued = false;
    }, delayMs);
  }

  async function saveInTurn(): Promise<void> {
    try {
      await use(async (session) => {
        if (saved !== changes) await save(session);
      });
    } catch (error) {
      failed(error);
    }
  }

  return {
    changed() {
      changes++;
      unsavedSince ??= performance.now();
      // A save that failed has its time already.
      if (failure === undefined) saveAfter(restMs);
    },
    async beforeRun(session) {
      if (unsavedSince === undefined || performance.now() - unsavedSince <= longestMs()) return;
      await save(session).catch(failed);
    },
    async finish() {
      failure = undefined;
      // A run that ended just now may be saved before it counts as a change.
      while (saved !== changes && failure === undefined) await saveInTurn();
      clearTimeout(timer);
      return failure === undefined;
    },
  };
}
