import type { Language } from "../engine/runtime.js";

export type CommandName = "pyrunner" | "jsrunner" | "wasirun";

/** One of the two commands that run a language. */
export interface Runner {
  readonly command: Exclude<CommandName, "wasirun">;
  readonly language: Language;
}
