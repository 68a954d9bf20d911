import type { History } from "./history.js";

/** What was entered: a text, Ctrl-C instead of one, or Ctrl-D. */
export type Entry =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "interrupt" }
  | { readonly type: "end" };

export interface Prompts {
  readonly first: string;
  /** Before the second and all further lines of a statement. */
  readonly next: string;
}

/** What a prompt asks of the session while one types. */
export interface PromptSource {
  readonly history: History;
  isCommand(text: string): boolean;
  /** Whether the last line of a statement says that it is given up. */
  isGivenUp(text: string): boolean;
  isComplete(code: string): Promise<boolean>;
  complete(before: string): Promise<{ readonly prefix: string; readonly items: readonly string[] }>;
}

/** A terminal as the prompt uses it: with an editor, or plainly line by line. */
export interface Front {
  readStatement(prompts: Prompts, prefilled: string): Promise<Entry>;
  /** One line for the running code. `lead` is what stands in the cursor's line already. */
  readLine(lead: string): Promise<Entry>;
  /** Has Ctrl-C do this while code runs, also one that was pressed since the code was entered; or nothing. */
  onInterrupt(action: (() => void) | undefined): void;
  /** Shows a long text, a screenful at a time. */
  page(text: string): Promise<void>;
  /** Writes a line above what is being typed. */
  announce(line: string): void;
  /** Is called before Ctrl-Z gives the terminal back to the shell. */
  onSuspend(action: () => void): void;
  /** Gives the terminal to another program until `resume`. */
  pause(): void;
  resume(): void;
}
