import type { Engine } from "../engine/engine.js";
import type { Snapshot } from "../engine/guest-state.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { startFailure } from "./failures.js";
import { createLiveSession } from "./live-session.js";
import { guestOptions, type SessionOptions } from "./options.js";
import type { CreateSessionOptions, Session } from "./session.js";
import { createSessionGuest } from "./session-guest.js";
import { SessionState } from "./session-state.js";
import { acceptSnapshot } from "./snapshot.js";

/** Starts a session. */
export async function openSession(
  engine: Engine,
  language: Language,
  options: CreateSessionOptions,
): Promise<Session> {
  if (language !== "python" && language !== "javascript") {
    throw new WasmReplError("INVALID_OPTION", `language must be "python" or "javascript", not ${language}`);
  }
  const { snapshot, ...sessionOptions } = options;
  const wanted = guestOptions(sessionOptions);
  const state =
    snapshot === undefined
      ? undefined
      : await acceptSnapshot(
          await engine.loadCodec(),
          snapshot,
          await engine.runtime(language, options.runtimeDirectory),
          wanted,
        );
  return startSession(engine, language, sessionOptions, state);
}

async function startSession(
  engine: Engine,
  language: Language,
  options: SessionOptions,
  state: SessionState | Snapshot | undefined,
): Promise<Session> {
  const wanted = guestOptions(options);
  // The thread comes up while the interpreter is loaded.
  const thread = engine.takeThread();
  try {
    const runtime = await engine.runtime(language, options.runtimeDirectory);
    const guest = createSessionGuest(engine, runtime, wanted, thread);
    await guest.begin(
      state instanceof SessionState ? SessionState.open(state, runtime, wanted) : state,
      true,
    );
    return createLiveSession(language, guest, wanted.timeoutMs, (forked, others) =>
      startSession(engine, language, { ...options, ...others }, forked),
    );
  } catch (error) {
    await engine.endThread(thread);
    throw startFailure(error, state !== undefined);
  }
}
