import { Failure } from "../failure.js";
import { readSpec, type SessionSpec } from "../spec/session-spec.js";
import type { Claim, ClaimOutcome, SessionRecord, Store } from "../store/store.js";
import { createFeed } from "./feed.js";
import { type Held, OwnedElsewhere } from "./held.js";
import type { Member } from "./member.js";

/** The sessions that this worker owns, by their keys. */
export interface Owner {
  /**
   * The session, claimed now if it was not. `OwnedElsewhere` if another worker has it; `NOT_FOUND`, `DRAINING`,
   * `RUNTIME_MISMATCH`, `UNAVAILABLE`.
   */
  own(key: string): Promise<Held>;
  /** What is owned, without asking the store. */
  get(key: string): Held | undefined;
  all(): Held[];
  /** Gives up what cannot be relied on any more: whoever comes next reads again. Its interpreter ends. */
  drop(held: Held): void;
  /** Gives a session back, which has nothing under way. */
  release(held: Held): Promise<void>;
}

/** @param interpreterOf Tells the id of the interpreter that a session would have here, or why it can have none. */
export function createOwner(
  store: Store,
  member: Member,
  interpreterOf: (spec: SessionSpec) => Promise<string | undefined>,
  endInterpreter: (held: Held) => Promise<void>,
  onDrop: (held: Held) => void,
): Owner {
  const owned = new Map<string, Held>();
  const claiming = new Map<string, Promise<Held>>();

  async function claim(key: string): Promise<Held> {
    const worker = member.joined();
    const outcome = await store.claim(key, worker.id);
    if (!("claimed" in outcome)) throw refusal(outcome);
    const { claimed, session } = outcome;
    if (!member.isJoined(worker.id)) throw new Failure("UNAVAILABLE", "the worker has lost its membership");
    await checkRuntime(claimed, session);
    const held: Held = {
      key,
      spec: readSpec(session.spec),
      specText: session.spec,
      feed: createFeed(),
      claim: claimed,
      suspendedCell: session.suspendedCell,
      isForeign: session.isForeign,
      stateBytes: session.stateBytes,
      toTakeOver: [...(await store.openCells(key))],
      live: undefined,
      chain: undefined,
      isDropped: false,
      lastUseMs: performance.now(),
    };
    if (!member.isJoined(worker.id)) throw new Failure("UNAVAILABLE", "the worker has lost its membership");
    owned.set(key, held);
    return held;
  }

  function refusal(outcome: Exclude<ClaimOutcome, { claimed: Claim }>): Error {
    if ("absent" in outcome) return new Failure("NOT_FOUND", "there is no such session");
    return new OwnedElsewhere(outcome.ownedBy.address);
  }

  /** A state is of one interpreter, which perhaps only workers of another version have. */
  async function checkRuntime(claimed: Claim, { runtimeId, spec }: SessionRecord): Promise<void> {
    const { runtimeIds, id } = member.joined();
    if (runtimeId === undefined || runtimeIds.includes(runtimeId)) return;
    let reason: unknown;
    try {
      if ((await interpreterOf(readSpec(spec))) === runtimeId) return;
    } catch (error) {
      reason = error;
    }
    await store.release(claimed);
    const able = (await store.workers()).find(
      (other) => other.id !== id && !other.draining && other.runtimeIds.includes(runtimeId),
    );
    if (able !== undefined) throw new OwnedElsewhere(able.address);
    throw (
      reason ??
      new Failure("RUNTIME_MISMATCH", "the session's state is of an interpreter that no worker has now")
    );
  }

  const owner: Owner = {
    own(key) {
      const held = owned.get(key);
      if (held !== undefined) return Promise.resolve(held);
      let claimed = claiming.get(key);
      if (claimed === undefined) {
        claimed = claim(key).finally(() => claiming.delete(key));
        claiming.set(key, claimed);
      }
      return claimed;
    },
    get: (key) => owned.get(key),
    all: () => [...owned.values()],
    drop(held) {
      if (held.isDropped) return;
      held.isDropped = true;
      if (owned.get(held.key) === held) owned.delete(held.key);
      held.feed.close();
      void endInterpreter(held);
      onDrop(held);
    },
    async release(held) {
      if (held.isDropped) return;
      held.isDropped = true;
      if (owned.get(held.key) === held) owned.delete(held.key);
      held.feed.close();
      await endInterpreter(held);
      await store.release(held.claim);
    },
  };
  return owner;
}
