/** What of an `AbortSignal` a run looks at. Every `AbortSignal` is one. */
export interface RunSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
