import { ThreadEndedError } from "../../engine/handle.js";
import { WasmReplError } from "../../errors.js";
import { continueSession, createSession, runtimeId } from "../../node/sessions.js";
import { createSeats } from "../../session/seats.js";
import type { Session } from "../../session/session.js";
import { Failure } from "../failure.js";
import type { Policy } from "../spec/policy.js";
import { type SessionSpec, sessionOptions } from "../spec/session-spec.js";
import type { Held, Live } from "./held.js";
import type { States } from "./states.js";

/** All that a snapshot's head takes; it is enough to tell what has changed since. */
const headBytes = 256 * 1024 + 64;
/** So many cells may wait for an interpreter. */
const mostWaiting = 1000;

/** The interpreters of sessions that this worker owns: a bounded number of them, the last used ones. */
export interface Interpreters {
  /** Makes the session live, if it is not. `BUSY` if too many wait for a place; why it cannot be opened. */
  open(held: Held): Promise<Live>;
  /** A place for one more, so that opening has not to wait. Does nothing for a session that is live. */
  reserve(held: Held): Promise<void>;
  /** Gives up the interpreter, or the place that was reserved. */
  end(held: Held): Promise<void>;
  readonly live: number;
  /** Whether somebody waits for a place, or the process has more memory than it should. */
  readonly isFull: boolean;
}

/**
 * @param makeRoom Is called when a place is wanted and there is none.
 * @param memoryBytes As long as the process has more than this, it is full.
 */
export function createInterpreters(
  states: States,
  policy: Policy,
  maxHot: number,
  memoryBytes: number,
  makeRoom: () => void,
): Interpreters {
  const seats = createSeats(maxHot, mostWaiting);
  const seated = new Set<Held>();

  async function reserve(held: Held): Promise<void> {
    if (seated.has(held)) return;
    if (seated.size >= maxHot) makeRoom();
    await seats.take().catch(() => {
      throw new Failure("BUSY", "too many cells wait for an interpreter");
    });
    if (held.isDropped) {
      seats.give();
      throw lostMeanwhile();
    }
    seated.add(held);
  }

  async function open(held: Held): Promise<Live> {
    if (held.live !== undefined) return held.live;
    await reserve(held);
    const { parts, chain } = await states.read(held.key);
    const [first, ...rest] = parts;
    held.chain = {
      parts: parts.length,
      wholeBytes: first?.byteLength ?? 0,
      changeBytes: rest.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
    const session = await openFrom(held, chain);
    if (held.isDropped) {
      void session.close();
      throw lostMeanwhile();
    }
    held.live = { session, since: chain.at(-1)?.slice(0, headBytes) };
    return held.live;
  }

  async function openFrom({ spec, isForeign }: Held, chain: readonly Uint8Array[]): Promise<Session> {
    const options = sessionOptions(spec, policy);
    try {
      if (chain.length === 0) return await createSession(spec.language, options);
      // It stays where it was, and its clock and numbers go on.
      const { cwd: _, deterministic: __, ...others } = options;
      if (isForeign) return await createSession(spec.language, { ...others, snapshot: chain });
      return await continueSession(spec.language, chain, others);
    } catch (error) {
      throw cannotOpen(error);
    }
  }

  return {
    open,
    reserve,
    async end(held) {
      const { live } = held;
      held.live = undefined;
      if (!seated.delete(held)) return;
      await live?.session.close();
      seats.give();
    },
    get live() {
      return seated.size;
    },
    get isFull() {
      return seats.waiting > 0 || process.memoryUsage.rss() > memoryBytes;
    },
  };
}

/**
 * The id of the interpreter with a session's packages, which is another one for each set of them; undefined for a session
 * without. `CANNOT_START` if the operator has them no more.
 */
export async function interpreterOf(spec: SessionSpec, policy: Policy): Promise<string | undefined> {
  if (spec.packages === undefined) return undefined;
  const { packages } = sessionOptions(spec, policy);
  if (packages === undefined)
    throw new Failure("CANNOT_START", "this service has the session's packages no more");
  return runtimeId(spec.language, { packages }).catch((error) => {
    throw cannotOpen(error);
  });
}

export function headOf(snapshot: Uint8Array): Uint8Array {
  return snapshot.slice(0, headBytes);
}

function lostMeanwhile(): Failure {
  return new Failure("UNAVAILABLE", "the session went to another worker meanwhile");
}

function cannotOpen(error: unknown): unknown {
  if (!(error instanceof WasmReplError)) return error;
  switch (error.code) {
    case "RUNTIME_MISMATCH":
      return new Failure("RUNTIME_MISMATCH", error.message, { cause: error });
    case "START_FAILED":
      // For want of memory or threads at the moment, maybe: its options are not at fault.
      if (error.cause instanceof ThreadEndedError) {
        return new Failure("UNAVAILABLE", "the session's interpreter broke down as it started", {
          cause: error,
        });
      }
      return new Failure("CANNOT_START", error.message, { cause: error });
    case "INVALID_OPTION":
      return new Failure("CANNOT_START", error.message, { cause: error });
    case "TOO_MANY_SESSIONS":
    case "PACKAGES_UNAVAILABLE":
      return new Failure("UNAVAILABLE", "the session cannot be opened at present", { cause: error });
    default:
      return error;
  }
}
