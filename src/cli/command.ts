import type { Language } from "../engine/runtime.js";

export type CommandName =
  | "pyrunner"
  | "jsrunner"
  | "wasirun"
  | "wasm-repl"
  | "wasm-repl serve"
  | "wasm-repl token";

/** One of the two commands that run a language. */
export interface Runner {
  readonly command: "pyrunner" | "jsrunner";
  readonly language: Language;
}
