/** Does things by name: what is asked of one name is done in order, and different names do not wait for each other. */
export interface Lanes {
  /** Begins when all that was asked of these names before is done. Rejects as `action` does. */
  take<Result>(names: readonly string[], action: () => Promise<Result>): Promise<Result>;
  /** Resolves when all that was asked for so far is done. Never rejects. */
  rest(): Promise<void>;
}

export function createLanes(): Lanes {
  /** When everything that was asked of a name so far is done. */
  const lanes = new Map<string, Promise<unknown>>();
  return {
    take(names, action) {
      const result = Promise.all(names.map((name) => lanes.get(name))).then(action);
      const settled = result.then(
        () => {},
        () => {},
      );
      for (const name of names) {
        lanes.set(name, settled);
        // Names come and go: a lane without work is forgotten.
        void settled.then(() => {
          if (lanes.get(name) === settled) lanes.delete(name);
        });
      }
      return result;
    },
    async rest() {
      await Promise.all(lanes.values());
    },
  };
}
