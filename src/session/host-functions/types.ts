import type { RunSignal } from "../run-signal.js";

/** `AbortSignal` where the program's types have one. */
export type CallSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : RunSignal;

/** JSON Schema, draft 2020-12, of an object or of a value. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * A function of the program that guest code may call: it gets the arguments, those that have names in an object behind
 * the others. What it gives, or its promise, crosses to the guest: JSON, and bytes (`Uint8Array`). What it throws is an
 * exception there: of the same name if the language has one, else a `HostError`.
 */
// biome-ignore lint/suspicious/noExplicitAny: what a guest gives is anything; a program says what it takes.
export type PlainHostFunction = (...args: any[]) => unknown;

/** What a call is told besides its arguments. */
export interface HostCallContext {
  /** Aborted when nobody waits for the answer any more: the run was stopped, or the call has taken too long. */
  readonly signal: CallSignal;
  /** Names the call in its session: `c1`, `c2`, … */
  readonly callId: string;
  /** The `id` of the run that has made the call. */
  readonly runId: string | number;
  /**
   * Return what this gives if the answer comes another day. When all of the run waits for such answers, it is suspended:
   * see `CellResult.suspended`.
   */
  suspend(): unknown;
}

/** A host function with all that can be said of it. */
export interface HostFunctionOptions {
  /** For whoever writes the code: `help(name)` in Python shows it. */
  readonly description?: string;
  /**
   * JSON Schema of an object: the arguments by their names. Positional ones get their names from the order of its
   * `properties`. Arguments that do not fit are a `TypeError` in the guest, and `run` is not called. Default: any, by name.
   */
  readonly parameters?: JsonSchema;
  /** JSON Schema of what it gives; for whoever writes the code, and not checked. */
  readonly returns?: JsonSchema;
  /**
   * What a plain call does in guest code: wait (`sync`), or give what is to be awaited (`async`). Both are always there, as
   * `name.sync(…)` and `name.aio(…)`. Default: `sync` in Python, `async` in JavaScript.
   */
  readonly style?: "sync" | "async";
  /** A call that takes longer fails with a `TimeoutError`, and its signal is aborted. In milliseconds. Default: no limit. */
  readonly timeoutMs?: number;
  /** The most calls of it at a time; further ones wait. Default: the session's `maxConcurrentCalls`. */
  readonly concurrency?: number;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly run: (args: any, context: HostCallContext) => unknown;
}

/** By name. An object without a function `run` is a namespace: `fs: { read }` is `fs.read(…)` in the guest. */
export interface HostFunctions {
  readonly [name: string]: PlainHostFunction | HostFunctionOptions | HostFunctions | undefined;
  /** What has it is no namespace. */
  readonly run?: never;
}
