import { WasmReplError } from "../../errors.js";
import { createSession } from "../../node/sessions.js";
import { compactSnapshots, inspectSnapshot } from "../../node/snapshots.js";
import type { Session } from "../../session/session.js";
import type { SessionFiles } from "../../session/session-files.js";
import { Failure } from "../failure.js";
import type { Policy } from "../spec/policy.js";
import { sessionOptions } from "../spec/session-spec.js";
import type { SessionRecord, Store } from "../store/store.js";
import { advance, fenced } from "./cell-run.js";
import type { Held } from "./held.js";
import type { Interpreters } from "./interpreters.js";
import type { States } from "./states.js";

/** What is done to a session besides running cells. All but `snapshot` in the session's turn. */
export interface Operations {
  readFiles<Result>(held: Held, action: (files: SessionFiles) => Promise<Result>): Promise<Result>;
  /** As `readFiles`, and what has changed is in the store before this resolves. */
  changeFiles(held: Held, action: (files: SessionFiles) => Promise<void>): Promise<void>;
  /** One whole snapshot; undefined if the session has run nothing. */
  snapshot(record: SessionRecord, spec: Held["spec"]): Promise<Uint8Array | undefined>;
  /** Puts a client's snapshot in the place of the state. A cell that is suspended is lost. */
  replaceState(held: Held, snapshot: Uint8Array): Promise<void>;
  /** Begins anew, with an empty name space. A cell that is suspended is lost. */
  reset(held: Held): Promise<void>;
  fork(held: Held, key: string): Promise<{ readonly created: boolean; readonly session: SessionRecord }>;
  /** Removes the session with all that it is. */
  remove(held: Held): Promise<void>;
}

export function createOperations(
  store: Store,
  states: States,
  interpreters: Interpreters,
  policy: Policy,
  drop: (held: Held) => void,
): Operations {
  /** Does something to a session's interpreter, or to its rows; if that fails half way, what is known of it is dropped. */
  async function safely<Result>(held: Held, action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      // A file that is not there, or no room for it here, leaves the session as it was.
      const isHarmless =
        (error instanceof WasmReplError && error.code === "FILE_FAILED") ||
        (error instanceof Failure && error.code === "BUSY");
      if (!isHarmless) drop(held);
      throw error;
    }
  }

  async function begin(held: Held, snapshot?: Uint8Array): Promise<Session> {
    const { spec } = held;
    const { cwd, deterministic, ...others } = sessionOptions(spec, policy);
    if (snapshot === undefined) {
      return createSession(spec.language, sessionOptions(spec, policy));
    }
    return createSession(spec.language, { ...others, snapshot });
  }

  /** Begins a session anew and has that take the place of the one before, unless it cannot be. */
  async function beginAgain(held: Held, snapshot?: Uint8Array): Promise<void> {
    await interpreters.end(held);
    await interpreters.reserve(held);
    let session: Session;
    try {
      session = await begin(held, snapshot);
    } catch (error) {
      await interpreters.end(held);
      throw error instanceof WasmReplError ? refused(error) : error;
    }
    await safely(held, async () => {
      held.live = { session, since: undefined };
      // What is kept is what an interpreter of ours gives, not what came from elsewhere.
      const whole = await session.snapshot();
      const replaced = await store.replaceState(held.claim, await states.keep(whole, true));
      if (replaced.fenced) throw fenced();
      held.claim = replaced.value;
      held.suspendedCell = undefined;
      advance(held, whole, true);
    });
  }

  return {
    async readFiles(held, action) {
      const { session } = await interpreters.open(held);
      return safely(held, async () => {
        const read = await action(session.files);
        // Another worker may have the session since, and have changed them.
        if ((await store.checkClaim(held.claim)).fenced) throw fenced();
        return read;
      });
    },
    async changeFiles(held, action) {
      const live = await interpreters.open(held);
      await safely(held, async () => {
        await action(live.session.files);
        const snapshot = await live.session.snapshot(live.since === undefined ? {} : { since: live.since });
        const isWhole = live.since === undefined;
        const written = await store.writeState(held.claim, await states.keep(snapshot, isWhole));
        if (written.fenced) throw fenced();
        held.claim = written.value;
        advance(held, snapshot, isWhole);
      });
    },
    async snapshot({ key }, spec) {
      const { chain } = await states.read(key);
      if (chain.length <= 1) return chain[0];
      const { memoryBytes = 0, maxFileBytes = 0, maxFiles = 0 } = sessionOptions(spec, policy);
      return compactSnapshots(chain, { memoryBytes, maxFileBytes, maxFiles });
    },
    async replaceState(held, snapshot) {
      try {
        const { language, suspended } = inspectSnapshot(snapshot);
        if (language !== held.spec.language) {
          throw new Failure("RUNTIME_MISMATCH", `the snapshot is of ${language}, and the session is not`);
        }
        if (suspended) {
          throw new Failure(
            "INVALID_SNAPSHOT",
            "a cell in the snapshot waits for answers that nobody can give here",
          );
        }
      } catch (error) {
        throw error instanceof WasmReplError ? refused(error) : error;
      }
      await beginAgain(held, snapshot);
    },
    reset: (held) => beginAgain(held),
    async fork(held, key) {
      if (held.suspendedCell !== undefined) {
        throw new Failure(
          "SUSPENDED",
          "a cell of this session waits for answers, which a fork could not get",
        );
      }
      const into = { key, language: held.spec.language, spec: held.specText };
      const forked = await safely(held, () => store.fork(held.claim, into));
      if (forked.fenced) {
        drop(held);
        throw fenced();
      }
      return forked.value;
    },
    async remove(held) {
      const removed = await safely(held, () => store.deleteSession(held.claim));
      drop(held);
      if (removed.fenced) throw fenced();
    },
  };
}

function refused(error: WasmReplError): Failure {
  const code =
    error.code === "RUNTIME_MISMATCH"
      ? "RUNTIME_MISMATCH"
      : error.code === "TOO_MANY_SESSIONS"
        ? "UNAVAILABLE"
        : error.code === "INVALID_SNAPSHOT" || error.code === "SNAPSHOT_DAMAGED"
          ? "INVALID_SNAPSHOT"
          : "CANNOT_START";
  return new Failure(code, error.message, { cause: error });
}
