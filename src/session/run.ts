import type { RunListener } from "../engine/handle.js";
import type { GuestRun } from "../engine/messages.js";
import type { ProgramRunOptions, RunOptions } from "./options.js";

export function runOf(code: string, number: number, options: ProgramRunOptions): GuestRun {
  const { stdin, onInput, onOutput, keepOutput, program, interactive, language } = options;
  const { filename = options.filename ?? `<cell ${number}>`, colors = false } = interactive ?? {};
  return {
    ...(program ?? { mode: interactive === undefined ? "cell" : "interactive", filename, colors }),
    code,
    ...(program === undefined ? { files: true } : {}),
    ...(language === "typescript" ? { isTypeScript: true } : {}),
    ...(options.value === true ? { wantsValue: true } : {}),
    ...(onInput !== undefined ? { stdin: "ask" } : stdin !== undefined ? { stdin: { text: stdin } } : {}),
    ...(onOutput === undefined ? {} : { stream: true }),
    ...(keepOutput === false ? { keepOutput } : {}),
  };
}

/** Brings a run's output to its callbacks, and their input to the run. */
export interface CallbackListener extends RunListener {
  /** The run is over: throws what a callback has thrown. */
  finish(): void;
}

/**
 * What a callback throws, or rejects with, ends the run and is thrown once that is over, so that a fault of the
 * caller's neither hangs the guest nor ends the process.
 */
export function createRunListener({ onInput, onOutput }: RunOptions, stop: () => void): CallbackListener {
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    stop();
  };
  return {
    ...(onOutput === undefined
      ? {}
      : {
          onOutput(stream, text) {
            if (failure !== undefined) return undefined;
            try {
              const read = onOutput(stream, text);
              return isPromise(read) ? Promise.resolve(read).catch(fail) : undefined;
            } catch (error) {
              fail(error);
              return undefined;
            }
          },
        }),
    ...(onInput === undefined
      ? {}
      : {
          async onInput() {
            try {
              const text = await onInput();
              return text === undefined ? undefined : new TextEncoder().encode(text);
            } catch (error) {
              fail(error);
              return undefined;
            }
          },
        }),
    finish() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

function isPromise(value: unknown): value is PromiseLike<void> {
  return typeof (value as PromiseLike<void> | undefined)?.then === "function";
}
