import type { Session } from "../../session/session.js";
import type { SessionState } from "../../session/session-state.js";

/** How many cells can be taken back. */
const mostStates = 50;

interface Moment {
  readonly session: Session;
  readonly state: SessionState;
}

/**
 * The states that a dialogue went through, so that one can go back to them and forth again. Where a loaded session took
 * the place of another one, that one hibernates: going back wakes it.
 */
export class Timeline {
  #session: Session;
  #moments: Moment[] = [];
  /** Index of the state that the session has now. */
  #now = -1;
  /** Counts what became of the sessions. */
  changes = 0;
  #recording: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The session that one is in. */
  get session(): Session {
    return this.#session;
  }

  /** A cell is over: what was undone before it cannot be redone any more. */
  record(): Promise<void> {
    this.changes++;
    this.#recording = this.#record();
    return this.#recording;
  }

  /** Goes on with another session, as one step. */
  async replace(session: Session): Promise<void> {
    await this.#recording.catch(() => {});
    await this.#switchTo(session);
    await this.record();
  }

  /** Goes `steps` cells back, or forth if negative. Gives how many it went. */
  async go(steps: number): Promise<number> {
    // The last cell counts, even if it is only just over.
    await this.#recording.catch(() => {});
    const target = Math.min(Math.max(this.#now - steps, 0), this.#moments.length - 1);
    const moment = this.#moments[target];
    const went = Math.abs(this.#now - target);
    if (moment === undefined || went === 0) return 0;
    await moment.session.restore(moment.state);
    await this.#switchTo(moment.session);
    this.#now = target;
    this.changes++;
    return went;
  }

  /** Ends the session, and those that one could have gone back to. */
  async close(): Promise<void> {
    const sessions = this.#sessions();
    this.#moments = [];
    await Promise.all([...sessions].map((session) => session.close()));
  }

  async #record(): Promise<void> {
    const session = this.#session;
    const state = await session.capture();
    const before = this.#sessions();
    this.#moments.splice(this.#now + 1, Number.POSITIVE_INFINITY, { session, state });
    if (this.#moments.length > mostStates + 1) this.#moments.shift();
    this.#now = this.#moments.length - 1;
    const after = this.#sessions();
    for (const each of before) if (!after.has(each)) void each.close();
  }

  async #switchTo(session: Session): Promise<void> {
    const left = this.#session;
    this.#session = session;
    // It only keeps more memory if it cannot.
    if (left !== session) await left.hibernate().catch(() => {});
  }

  #sessions(): Set<Session> {
    return new Set([this.#session, ...this.#moments.map(({ session }) => session)]);
  }
}
