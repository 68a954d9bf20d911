import type { Session } from "../../session/session.js";
import type { SessionState } from "../../session/session-state.js";

/** How many cells can be taken back. */
const mostStates = 50;

/** The states that a session went through, so that one can go back to them and forth again. */
export class Timeline {
  readonly #session: Session;
  readonly #states: SessionState[] = [];
  /** Index of the state that the session has now. */
  #now = -1;

  #recording: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
  }

  /** A cell is over: what was undone before it cannot be redone any more. */
  record(): Promise<void> {
    this.#recording = this.#record();
    return this.#recording;
  }

  async #record(): Promise<void> {
    const state = await this.#session.capture();
    this.#states.splice(this.#now + 1, Number.POSITIVE_INFINITY, state);
    if (this.#states.length > mostStates + 1) this.#states.shift();
    this.#now = this.#states.length - 1;
  }

  /** Goes `steps` cells back, or forth if negative. Gives how many it went. */
  async go(steps: number): Promise<number> {
    // The last cell counts, even if it is only just over.
    await this.#recording.catch(() => {});
    const target = Math.min(Math.max(this.#now - steps, 0), this.#states.length - 1);
    const state = this.#states[target];
    const went = Math.abs(this.#now - target);
    if (state === undefined || went === 0) return 0;
    await this.#session.restore(state);
    this.#now = target;
    return went;
  }
}
