import type { RunListener } from "../worker/handle.js";
import type { GuestRun } from "../worker/messages.js";
import type { ProgramRunOptions, RunOptions } from "./options.js";

export function runOf(code: string, number: number, options: ProgramRunOptions): GuestRun {
  const { stdin, onInput, onOutput, program, interactive } = options;
  const { filename = `<cell ${number}>`, colors = false } = interactive ?? {};
  return {
    ...(program ?? { mode: interactive === undefined ? "cell" : "interactive", filename, colors }),
    code,
    ...(onInput !== undefined ? { stdin: "ask" } : stdin !== undefined ? { stdin: { text: stdin } } : {}),
    ...(onOutput === undefined ? {} : { stream: true }),
  };
}

/** Brings a run's output to its callbacks, and their input to the run. */
export interface CallbackListener extends RunListener {
  /** The run is over: hands out what is left, and throws what a callback has thrown. */
  finish(): void;
}

/**
 * What a callback throws ends the run and is thrown once that is over, so that a fault of the caller's neither hangs
 * the guest nor ends the process.
 */
export function createRunListener({ onInput, onOutput }: RunOptions, stop: () => void): CallbackListener {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    stop();
  };
  return {
    ...(onOutput === undefined
      ? {}
      : {
          onOutput(stream, bytes) {
            const text = decoders[stream].decode(bytes, { stream: true });
            if (text === "" || failure !== undefined) return;
            try {
              onOutput(stream, text);
            } catch (error) {
              fail(error);
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
      for (const stream of ["stdout", "stderr"] as const) {
        const rest = decoders[stream].decode();
        if (rest !== "") onOutput?.(stream, rest);
      }
    },
  };
}
