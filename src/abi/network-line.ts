/** How a guest's sockets speak with whoever has the network: they ask, and answers come while they wait. */
export interface NetworkLine {
  /** Asks for something. The answer comes in a later `look` or `wait`; a failure's type is an error's name, as `ECONNREFUSED`. */
  ask(
    operation: string,
    given: Readonly<Record<string, unknown>>,
    onAnswer: (answer: NetworkAnswer) => void,
    bytes?: Uint8Array,
  ): void;
  /** Has those hear who have an answer. Does not wait. */
  look(): void;
  /**
   * Waits until there is something to look at, so many milliseconds at most (Infinity: without end). `interrupted`: the code
   * is to be interrupted.
   */
  wait(timeoutMs: number): "answered" | "interrupted" | "late";
}

export type NetworkAnswer =
  | { readonly value: unknown; readonly bytes?: Uint8Array }
  | { readonly error: { readonly type: string; readonly message: string } };
