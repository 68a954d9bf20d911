import { WasmReplError } from "../errors.js";
import type { Language, Runtime } from "./runtime.js";

/** The version of all that states are stored in. A reader reads its own and no other. */
export const stateFormat = 3;

/** What a state must have in common with the session that is to go on from it. */
export interface StateIdentity {
  readonly language: Language;
  /** The id of the runtime that its guest was made from. */
  readonly runtimeId: string;
  /** The version of this package that it was saved with; for people, and not compared. */
  readonly packageVersion: string;
  /** The version of the form that it is in: `stateFormat`. */
  readonly format: number;
}

/** The identity of the states of a runtime's guests. */
export function identityOf({ language, id, packageVersion }: Runtime): StateIdentity {
  return { language, runtimeId: id, packageVersion, format: stateFormat };
}

/** `RUNTIME_MISMATCH`, naming both sides, if a guest of this runtime cannot go on from the state. */
export function checkIdentity(state: StateIdentity, runtime: Runtime): void {
  if (state.format !== stateFormat) throw otherFormat(String(state.format));
  if (state.language !== runtime.language) {
    throw mismatch(`it is of a ${state.language} session, and this is a ${runtime.language} session`);
  }
  if (state.runtimeId !== runtime.id) {
    const theirs = describe(state.runtimeId, state.packageVersion);
    const ours = describe(runtime.id, runtime.packageVersion);
    throw mismatch(
      `it is of the interpreter ${theirs}, and this session runs ${ours}; use the version of wasm-repl, the runtime directory or the packages that it was made with`,
    );
  }
}

/** @param format The other format's name. */
export function otherFormat(format: string): WasmReplError {
  return mismatch(
    `it has format ${format}, and this version of wasm-repl reads format ${stateFormat}; use the version that wrote it`,
  );
}

/** Digits of an id that tell it from others well enough for a person. */
const shownDigits = 12;

function describe(id: string, packageVersion: string): string {
  return `${id.slice(0, shownDigits)} (wasm-repl ${packageVersion})`;
}

function mismatch(reason: string): WasmReplError {
  return new WasmReplError("RUNTIME_MISMATCH", `the snapshot cannot be used: ${reason}`);
}
