import type { Blobs } from "../blobs/blobs.js";
import type { Store } from "../store/store.js";
import { OwnedElsewhere } from "./held.js";
import type { Member } from "./member.js";
import type { SessionTurns } from "./sessions.js";

/** How often what lies about is looked for, in milliseconds. */
const rhythm = { abandoned: 2000, idle: 30_000, ended: 10 * 60_000, blobs: 60 * 60_000 } as const;
/** A blob is written before anything refers to it: one that is younger may still be about to be. */
const youngestOrphanMs = 60 * 60_000;
const mostAtOnce = 100;
/** The longest time before a session is tried again that could not go on here, and how many of those are remembered. */
const longestDelayMs = 5 * 60_000;
const mostRefused = 10_000;

/** What a worker does by itself: goes on with what dead ones have left, and sweeps. */
export interface Housekeeping {
  /** A session was dropped, whose cell may still be open. */
  dropped(key: string): void;
  stop(): void;
}

/** @param fail Is told of what goes wrong; it is tried again the next time. */
export function startHousekeeping(
  store: Store,
  blobs: Blobs,
  member: Member,
  turns: SessionTurns,
  retentionMs: number,
  fail: (error: unknown) => void,
): Housekeeping {
  const timers = new Set<NodeJS.Timeout>();
  const left = new Set<string>();
  let isStopped = false;

  /** Again and again, from the beginning of the work to that of the next, and not all workers at one time. */
  function repeat(everyMs: number, firstMs: number, work: () => Promise<void>): void {
    const again = (delayMs: number) => {
      const timer = setTimeout(async () => {
        timers.delete(timer);
        await work().catch(fail);
        if (!isStopped) again(everyMs * (0.8 + 0.4 * Math.random()));
      }, delayMs);
      timer.unref();
      timers.add(timer);
    };
    again(firstMs);
  }

  /** Sessions that could not go on here, with when to try again: a worker of another version may have to. */
  const refused = new Map<string, { readonly afterMs: number; readonly delayMs: number }>();

  /** Claims a session, which runs what is open there. Others may have done so meanwhile, or have removed it. */
  async function goOn(key: string): Promise<void> {
    const before = refused.get(key);
    if (before !== undefined && performance.now() < before.afterMs) return;
    try {
      await turns.use(key, async () => {});
      refused.delete(key);
    } catch (error) {
      if (error instanceof OwnedElsewhere) return;
      const delayMs = Math.min(2 * (before?.delayMs ?? rhythm.abandoned), longestDelayMs);
      if (refused.size >= mostRefused) refused.clear();
      refused.set(key, { afterMs: performance.now() + delayMs, delayMs });
    }
  }

  async function takeOverAbandoned(): Promise<void> {
    if (member.isDraining) return;
    for (const key of left) {
      left.delete(key);
      if ((await store.openCells(key)).length > 0) void goOn(key);
    }
    for (const key of await store.abandonedSessions(mostAtOnce)) void goOn(key);
  }

  async function sweepBlobs(): Promise<void> {
    let names: string[] = [];
    const sweep = async () => {
      const orphans = await store.retireBlobs(names);
      names = [];
      for (const name of orphans) await blobs.delete(name);
    };
    for await (const { name, modifiedAt } of blobs.list()) {
      if (Date.now() - modifiedAt.getTime() < youngestOrphanMs) continue;
      names.push(name);
      if (names.length >= mostAtOnce) await sweep();
    }
    if (names.length > 0) await sweep();
  }

  repeat(rhythm.abandoned, 0, takeOverAbandoned);
  repeat(rhythm.idle, rhythm.idle, async () => turns.releaseIdle());
  repeat(rhythm.ended, rhythm.idle, async () => void (await store.sweepCells(retentionMs)));
  repeat(rhythm.blobs, rhythm.ended, sweepBlobs);
  return {
    dropped: (key) => void left.add(key),
    stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
