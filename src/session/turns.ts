/** Does things one after the other, in the order in which they were asked for. */
export interface Turns {
  /** Rejects as `action` does; those behind it have their turn all the same. */
  take<Result>(action: () => Promise<Result>): Promise<Result>;
  /** Resolves when all that was asked for so far is done. Never rejects. */
  rest(): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take(action) {
      const result = last.then(action);
      // Not the result itself, which would be kept until the next one is there.
      const settled = () => {};
      last = result.then(settled, settled);
      return result;
    },
    rest: () => last,
  };
}
