import { compactSnapshots } from "../../node/snapshots.js";
import type { Policy } from "../spec/policy.js";
import { sessionOptions } from "../spec/session-spec.js";
import type { Store } from "../store/store.js";
import type { Held } from "./held.js";
import type { SessionTurns } from "./sessions.js";
import type { States } from "./states.js";

/** A chain is made one snapshot when it has so many parts, of which the changes are larger than the whole one. */
const fewParts = 16;
const manyParts = 64;
/** Changes that are so few bytes together are left alone until there are many parts. */
const leastChangeBytes = 128 * 1024;

/** Makes chains shorter in the background: one at a time, and beside what runs. */
export interface Compaction {
  /** A session's chain has grown. */
  consider(held: Held): void;
  /** Resolves when nothing is under way. */
  rest(): Promise<void>;
}

/** @param fail Is told of what goes wrong: the chain stays as it is then. */
export function createCompaction(
  store: Store,
  states: States,
  policy: Policy,
  turns: () => SessionTurns,
  fail: (error: unknown) => void,
): Compaction {
  const wanted = new Set<Held>();
  let working: Promise<void> | undefined;

  function isLong({ chain }: Held): boolean {
    if (chain === undefined || chain.parts < fewParts) return false;
    return chain.parts >= manyParts || chain.changeBytes > Math.max(leastChangeBytes, chain.wholeBytes);
  }

  async function compact(held: Held): Promise<void> {
    const { parts, chain } = await states.read(held.key);
    const through = parts.at(-1)?.sequence;
    if (through === undefined || parts.length < 2) return;
    const { memoryBytes, maxFileBytes, maxFiles } = sessionOptions(held.spec, policy);
    const limits = { memoryBytes, maxFileBytes, maxFiles } as Required<typeof policy>;
    const whole = await compactSnapshots(chain, {
      memoryBytes: limits.memoryBytes,
      maxFileBytes: limits.maxFileBytes,
      maxFiles: limits.maxFiles,
    });
    if (held.isDropped) return;
    const { part } = await states.keep(whole, true);
    await turns().useAsItIs(held.key, async (now) => {
      if (now !== held || held.chain === undefined) return;
      // If not, the chain has gone on without these parts: its owner finds out when it commits.
      if (!(await store.compactState(held.claim, through, part))) return;
      const { parts: count, changeBytes } = held.chain;
      const gone = parts.slice(1).reduce((sum, { byteLength }) => sum + byteLength, 0);
      held.chain = {
        parts: count - parts.length + 1,
        wholeBytes: whole.length,
        changeBytes: Math.max(0, changeBytes - gone),
      };
    });
  }

  async function work(): Promise<void> {
    for (const held of wanted) {
      wanted.delete(held);
      if (held.isDropped || !isLong(held)) continue;
      await compact(held).catch(fail);
    }
    working = undefined;
  }

  return {
    consider(held) {
      if (!isLong(held)) return;
      wanted.add(held);
      working ??= Promise.resolve().then(work);
    },
    rest: () => working ?? Promise.resolve(),
  };
}
