/** Keeps the states of sessions by name, for longer than the process lives. */
export interface StateStore {
  /** `INVALID_OPTION` if nothing can be kept under such a name. */
  check(name: string): void;
  /** What is kept under the name, if anything. `STATE_UNREADABLE` if it cannot be read. */
  read(name: string): Promise<Uint8Array | undefined>;
  /**
   * Keeps a state under the name, in place of the one before. Once it resolves the state is kept whatever happens; if
   * it rejects, the one before is.
   */
  write(name: string, state: Uint8Array): Promise<void>;
  /** Whether there was one. Once it resolves it is gone for good. */
  remove(name: string): Promise<boolean>;
  has(name: string): Promise<boolean>;
  names(): Promise<string[]>;
  /** Leaves the store to others. */
  close(): void;
}
