import assert from "node:assert/strict";
import { after } from "node:test";
import type { Language } from "../engine/runtime.js";
import { createSession } from "../node/sessions.js";
import type { CellResult } from "./options.js";
import type { CreateSessionOptions, Session } from "./session.js";

/** Sessions of a test file, which are closed at its end. */
export function testSessions(language: Language) {
  const opened: Session[] = [];
  after(() => Promise.all(opened.map((session) => session.close())));
  return {
    async open(options: CreateSessionOptions): Promise<Session> {
      const session = await createSession(language, options);
      opened.push(session);
      return session;
    },
    /** One that was made in another way, a fork for instance, is to be closed too. */
    keep(session: Session): void {
      opened.push(session);
    },
  };
}

/** The value of the code's last expression, which has worked. */
export async function valueIn(session: Session, code: string): Promise<unknown> {
  const { error, value } = await session.run(code, { value: true });
  assert.equal(error, undefined);
  return value;
}

export async function errorOf(session: Session, code: string): Promise<string> {
  const { exception, error } = await session.run(code);
  assert.ok(exception !== undefined, `no error: ${error}`);
  return `${exception.type}: ${exception.message}`;
}

/** The calls that a suspended run waits for, by their names. */
export function callsOf({ error, suspended }: CellResult): string[] {
  assert.equal(error, undefined);
  assert.ok(suspended !== undefined, "the run is not suspended");
  return suspended.map(({ call }) => call);
}

/** A promise, and what settles it. */
export function deferred<Value = void>() {
  let settle: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
