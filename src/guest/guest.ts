export { GuestCrash, GuestExit } from "../guest-end.js";
export type { Signals } from "../signals.js";

import type { Clocks } from "../abi/clocks.js";
import type { socketCalls } from "../abi/emscripten/sockets.js";
import type { Randomness } from "../abi/randomness.js";
import type { CallTracer } from "../abi/trace/tracer.js";
import type { Signals } from "../signals.js";
import type { FileSystem, OpenFile } from "../vfs/types.js";
import type { CrossingValue, FunctionDeclaration, HostLine } from "./host-line.js";
import type { NativeCode } from "./native-code.js";
import type { GuestProcess } from "./process-state.js";

/** All that a guest may reach of the host. */
export interface GuestHost {
  readonly fileSystem: FileSystem;
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  readonly signals: Signals;
  /** All that the guest learns of time and of chance comes from these two. */
  readonly clocks: Clocks;
  readonly randomness: Randomness;
  /** The most linear memory the guest may have, in bytes. */
  readonly memoryBytes: number;
  /** Hears that the running code was refused memory, because it would have gone over `memoryBytes`. */
  readonly onMemoryRefused?: () => void;
  /** The module that strips types from TypeScript. Absent: there is no TypeScript. JavaScript only. */
  readonly loadTypeStripper?: () => WebAssembly.Module;
  /** How it calls functions of the host, and shows values. Absent: it cannot. */
  readonly line?: HostLine;
  /** The calls of sockets, for interpreters with a C library. Absent: there is no network. */
  readonly sockets?: typeof socketCalls;
  /** Is told of each call that the guest makes of the host. Absent: nobody is. */
  readonly trace?: CallTracer;
  /** Native libraries that the guest may load. The bundled CPython only. Absent: none. */
  readonly nativeCode?: NativeCode;
}

/** What a session gives its guest when it begins, or begins anew from an image or a snapshot. */
export interface GuestStart {
  /** `sys.argv` / the script's arguments; the first is the program's name. */
  readonly args: readonly string[];
  /** The whole environment of the guest; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** The working directory, an absolute guest path. Default: a guest that goes on from a state stays where it was. */
  readonly cwd?: string;
  /** Where packages are imported from, after everything else. Python only. Default: there are none. */
  readonly packagesPath?: string;
  /** The interpreter's own options, each a word with its value: see `SessionOptions`. Python only. Default: none. */
  readonly interpreterOptions?: readonly string[];
}

export interface RunRequest {
  /**
   * - `cell`: one piece of a session. Gives the last expression's value as `result`; an error is only reported.
   *   In Python a cell that is a single expression also prints its repr.
   * - `interactive`: as `cell`, for a prompt: nothing is printed but by the code, `_` is the last value, and in
   *   Python `await` may stand at the top level.
   * - `program`: `-c`, `-e` or a script. An uncaught error goes to stderr as the language's own command does it,
   *   and every run gives an `exitCode`.
   * - `module`: Python's `-m`; `code` is the module's name. Otherwise as `program`.
   * - `resume`: the run that was suspended goes on; `code` is empty.
   */
  readonly mode: "cell" | "interactive" | "program" | "module" | "resume";
  readonly code: string;
  /** The name in tracebacks. */
  readonly filename: string;
  /**
   * A prompt follows the program, as with Python's `-i`: its exit functions are left for later, and `SystemExit` is an
   * uncaught error. Python only. Default false.
   */
  readonly goesOn?: boolean;
  /** A result that is a string is given as it is, not as code that makes it. JavaScript only. Default false. */
  readonly plainStrings?: boolean;
  /** The code is TypeScript: its types are stripped. JavaScript only. Default: if `filename` ends in `.ts` or the like. */
  readonly isTypeScript?: boolean;
  /**
   * Colours for a terminal: of errors in Python, of what the console makes of values in JavaScript. Only for
   * `interactive`. Default false.
   */
  readonly colors?: boolean;
  /** The functions of the host that there are from now on, in place of those before. Default: as before. */
  readonly functions?: readonly FunctionDeclaration[];
  /** The last expression's value comes as data as well, where it can. Default false. */
  readonly wantsValue?: boolean;
  /** It is the first run since the guest goes on from a state: the answers that it waited for are lost. Default false. */
  readonly isRestored?: boolean;
}

/** A call that a suspended run waits for. */
export interface SuspendedCall {
  readonly id: number;
  readonly name: string;
  /** A list of the arguments, and an object of those that have names. */
  readonly args: CrossingValue;
}

/**
 * A question about the session, answered without running the user's code. `code` is, by `kind`:
 * - `isComplete`: what was typed. `{ status: "complete" | "incomplete" | "invalid" }`.
 * - `complete`: what stands before the cursor. `{ prefix, items }`: the part to replace, and what may replace it.
 * - `describe`: a dotted name. `{ head, text }`: signature or type, and documentation; `{}` if there is no such.
 * - `variables`: empty. `{ items: [{ name, type, value }] }`.
 */
export interface InspectRequest {
  readonly kind: "isComplete" | "complete" | "describe" | "variables";
  readonly code: string;
  /** For `isComplete`: what was typed is TypeScript. JavaScript only. Default false. */
  readonly isTypeScript?: boolean;
}

/**
 * How a run ended. A cell that just worked gives `{}`. No text is longer than `textLimit` allows; what is left out in
 * the middle of one, it says.
 */
export interface RunResult {
  /** The traceback (Python), or `Name: message` and the stack (JavaScript). Not for a Python `program`. */
  readonly error?: string;
  readonly exception?: { readonly type: string; readonly message: string };
  /** The last expression's value: `repr` in Python, as a console formats it in JavaScript. */
  readonly result?: string;
  /** For `program` and `module`: the process's exit code. For a cell: present if it asked to exit. */
  readonly exitCode?: number;
  /** The last expression's value as data, if that was asked for and it can cross. */
  readonly value?: CrossingValue;
  /** The run is not over: it waits for answers to these, and nothing of it is on a stack. */
  readonly suspended?: readonly SuspendedCall[];
}

/**
 * One interpreter with one name space. All calls are synchronous and belong to the guest's thread. A guest that
 * has thrown anything (a `GuestCrash`, a `GuestExit`) is unusable and is only to be dropped.
 */
export interface Guest {
  /** Makes the guest this session's own: arguments, environment, fresh random seeds and clocks. */
  start(start: GuestStart): void;
  /** The guest goes on from a state, without a start of its own. Absent where `process` says all. */
  resume?(workingDirectory: string): void;
  run(request: RunRequest): RunResult;
  /** The guest's own code may have tampered with the answer: check it. Undefined if there is none. */
  inspect(request: InspectRequest): unknown;
  /** Whether it has memory left for another run, after one that was refused some. */
  hasRoom(): boolean;
  readonly memory: WebAssembly.Memory;
  /** What the host keeps for the guest besides its memory; absent if there is nothing. */
  readonly process?: GuestProcess;
}
