/**
 * Does things by name, as `Lanes` does, for very many that wait: one that waits takes no more than what it is to do.
 * What is asked of one name is done in order, and different names do not wait for each other, but for a place among
 * those that are being done.
 */
export interface RequestQueue {
  /**
   * @param names It is done when all that was asked of each of these before is done.
   * @param action Must not reject. The next of the same names begins when it resolves.
   */
  add(names: readonly string[], action: () => Promise<void>): void;
}

interface Entry {
  readonly names: readonly string[];
  readonly action: () => Promise<void>;
  /** In so many lanes others come before it. */
  behind: number;
}

/** @param most How many are done at one time. */
export function createRequestQueue(most: number): RequestQueue {
  const lanes = new Map<string, Fifo<Entry>>();
  /** Those that wait for nothing but a place. */
  const ready = new Fifo<Entry>();
  let doing = 0;

  function begin(entry: Entry): void {
    if (doing === most) ready.push(entry);
    else void perform(entry);
  }

  async function perform(entry: Entry): Promise<void> {
    doing++;
    await entry.action();
    doing--;
    for (const name of entry.names) {
      const lane = lanes.get(name) as Fifo<Entry>;
      lane.shift();
      const next = lane.first;
      if (next === undefined) lanes.delete(name);
      else if (--next.behind === 0) begin(next);
    }
    const waiting = doing < most ? ready.shift() : undefined;
    if (waiting !== undefined) void perform(waiting);
  }

  return {
    add(names, action) {
      const entry: Entry = { names: [...new Set(names)], action, behind: 0 };
      for (const name of entry.names) {
        const lane = lanes.get(name) ?? new Fifo();
        lanes.set(name, lane);
        if (lane.first !== undefined) entry.behind++;
        lane.push(entry);
      }
      if (entry.behind === 0) begin(entry);
    },
  };
}

/** First in, first out: an array moves all that is in it for each that is taken. */
class Fifo<Element> {
  #elements: Array<Element | undefined> = [];
  #start = 0;

  get first(): Element | undefined {
    return this.#elements[this.#start];
  }

  push(element: Element): void {
    this.#elements.push(element);
  }

  shift(): Element | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#elements[this.#start++] = undefined;
    if (this.#start > 32 && 2 * this.#start > this.#elements.length) {
      this.#elements = this.#elements.slice(this.#start);
      this.#start = 0;
    }
    return first;
  }
}
