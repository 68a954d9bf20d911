import { createLanes } from "../../session/lanes.js";
import { Failure } from "../failure.js";
import type { Held } from "./held.js";
import type { Interpreters } from "./interpreters.js";
import type { Owner } from "./owner.js";

/** So much may wait for its turn in one session, and in all of them. */
const mostWaitingOfOne = 64;
const mostWaiting = 2000;
/** What nothing has been asked of for so long is given back. */
const longestIdleMs = 10 * 60_000;

/** Does things with sessions that this worker owns, or claims for it: one after the other for each of them. */
export interface SessionTurns {
  /**
   * Begins when all that was asked of the session before is done, cells that an earlier owner has left among it. Rejects
   * as `Owner.own`, and with `BUSY` if too much waits.
   */
  use<Result>(key: string, action: (held: Held) => Promise<Result>): Promise<Result>;
  /** As `use`, without running what an earlier owner has left. */
  useAsItIs<Result>(key: string, action: (held: Held) => Promise<Result>): Promise<Result>;
  /** Ends the interpreter of the session that has been idle longest, if one is, and gives that session back. */
  makeRoom(): void;
  /**
   * Of the sessions whose keys begin with the prefix so many may be live, this one among them: the one that was idle
   * longest makes room. `LIMIT_REACHED` if all of them are busy.
   */
  holdTo(prefix: string, most: number, key: string): Promise<void>;
  /** Gives back what has been idle for long. */
  releaseIdle(): void;
  /** Gives back all that is idle now, and what is not once it is. */
  releaseAll(): Promise<void>;
  readonly waiting: number;
}

/** @param takeOver Runs the cells that an earlier owner of the session has left. */
export function createSessionTurns(
  owner: Owner,
  interpreters: () => Interpreters,
  takeOver: (held: Held) => Promise<void>,
): SessionTurns {
  const lanes = createLanes();
  /** How much is under way and waits, by key. */
  const underWay = new Map<string, number>();
  const leaving = new Set<Held>();
  let waiting = 0;

  async function take<Result>(
    key: string,
    action: (held: Held) => Promise<Result>,
    takesOver: boolean,
  ): Promise<Result> {
    // Before its turn, so that what another worker has is told at once.
    await owner.own(key);
    const before = underWay.get(key) ?? 0;
    if (before >= mostWaitingOfOne) throw new Failure("BUSY", "too much waits for this session already");
    if (waiting >= mostWaiting) throw new Failure("BUSY", "too much waits for this worker already");
    underWay.set(key, before + 1);
    waiting++;
    try {
      return await lanes.take([key], async () => {
        const held = await owner.own(key);
        if (takesOver) await takeOver(held);
        try {
          return await action(held);
        } finally {
          held.lastUseMs = performance.now();
        }
      });
    } finally {
      waiting--;
      const left = (underWay.get(key) ?? 1) - 1;
      if (left === 0) underWay.delete(key);
      else underWay.set(key, left);
      if (interpreters().isFull) makeRoom();
    }
  }

  /** In its turn, and only if nothing was asked of it meanwhile. */
  function giveBack(held: Held): Promise<void> {
    const { lastUseMs } = held;
    leaving.add(held);
    return lanes.take([held.key], async () => {
      leaving.delete(held);
      if (underWay.has(held.key) || held.lastUseMs !== lastUseMs) return;
      // What the store does not hear of is claimed by the same worker again, or by another once this one has ended.
      await owner.release(held).catch(() => {});
    });
  }

  const isIdle = (held: Held) => !held.isDropped && !underWay.has(held.key) && !leaving.has(held);

  /** Of those that are live, the one that has been idle longest. */
  function longestIdle(prefix: string): Held | undefined {
    const idle = owner.all().filter((held) => held.live !== undefined && isIdle(held));
    // Whoever listens comes back, and brings its session to where it is next.
    const rank = ({ feed }: Held) => Math.min(feed.listeners, 1);
    const [first] = idle
      .filter((held) => held.key.startsWith(prefix))
      .sort((a, b) => rank(a) - rank(b) || a.lastUseMs - b.lastUseMs);
    return first;
  }

  function makeRoom(): void {
    const first = longestIdle("");
    if (first !== undefined) void giveBack(first);
  }

  return {
    use: (key, action) => take(key, action, true),
    useAsItIs: (key, action) => take(key, action, false),
    makeRoom,
    async holdTo(prefix, most, key) {
      const isLive = (held: Held) => held.live !== undefined || underWay.has(held.key);
      const own = owner
        .all()
        .filter((held) => held.key.startsWith(prefix) && held.key !== key && isLive(held));
      if (own.length < most) return;
      const first = longestIdle(prefix);
      if (first === undefined || most === 0) {
        const message = `there may be ${most} live sessions at a time, and all of them are busy`;
        throw new Failure("LIMIT_REACHED", message, { retryAfterS: 1 });
      }
      await giveBack(first);
    },
    releaseIdle() {
      const before = performance.now() - longestIdleMs;
      for (const held of owner.all()) {
        if (isIdle(held) && held.lastUseMs < before && held.feed.listeners === 0) void giveBack(held);
      }
    },
    async releaseAll() {
      await Promise.all(
        owner.all().map((held) => lanes.take([held.key], () => owner.release(held)).catch(() => {})),
      );
    },
    get waiting() {
      return waiting;
    },
  };
}
