import type { Language } from "../../engine/runtime.js";
import type { RunRequest } from "../../guest/guest.js";
import { createSession } from "../../node/sessions.js";
import { inWords } from "../../session/failures.js";
import { awaitedBy } from "../../session/live-session.js";
import type { CellResult, ProgramRunOptions, ResumeAnswer, SessionOptions } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { cleanText } from "../../terminal/filter.js";
import type { Allowance } from "../../terminal/sequences.js";
import { callLines } from "../call-text.js";
import type { SessionKeeper } from "../session-keeper.js";
import { type CellOutput, createCellOutput } from "./cell-output.js";
import { type Dialogue, isCommand, runCommand } from "./commands.js";
import type { Entry, Front, Prompts } from "./front.js";
import { colorValue } from "./highlight.js";
import { shorten } from "./shorten.js";
import { Timeline } from "./timeline.js";
import { wrap } from "./wrap.js";

export interface PromptOptions {
  readonly front: Front;
  readonly sessionOptions: SessionOptions;
  readonly colors: boolean;
  /** Cells are TypeScript. */
  readonly isTypeScript: boolean;
  /** Of what comes from the session only text is written, with colours and, by running code, cursor movements and erasing. */
  readonly isFiltered: boolean;
  write(text: string): void;
  columns(): number;
  /** Keeps what was entered. */
  remember(text: string): void;
  /** Keeps the session in its file; not its forks. Absent: it has none. */
  readonly keeper?: Pick<SessionKeeper, "beforeRun" | "changed">;
}

/** A program that is run before the first prompt. */
export interface FirstProgram {
  readonly request: RunRequest;
  /** Its value is shown, as `-p` does it. */
  readonly print: boolean;
}

/** A dialogue with a session: reads statements and commands, runs them and shows what they gave. */
export class Prompt implements Dialogue {
  readonly front: Front;
  readonly sessionOptions: SessionOptions;
  timeline: Timeline;
  longText: string | undefined;
  lastCell = "";
  prefilled = "";
  readonly #options: PromptOptions;
  readonly #output: CellOutput;
  /** The sessions that this one was forked from, each with what can be undone in it. */
  readonly #parents: Timeline[] = [];
  /** Stops what runs now. */
  #stopping = new AbortController();
  /** How many changes the keeper was told of. */
  #kept = 0;
  #cells = 0;
  #exitCode = 0;

  constructor(session: Session, options: PromptOptions) {
    this.timeline = new Timeline(session);
    this.#options = options;
    this.#output = createCellOutput(options.isFiltered, options.write);
    this.front = options.front;
    this.sessionOptions = options.sessionOptions;
    this.front.onSuspend(() => this.#output.suspend());
  }

  get session(): Session {
    return this.timeline.session;
  }

  /** The session that the file of the prompt is for. */
  get keptSession(): Session {
    return (this.#parents[0] ?? this.timeline).session;
  }

  /** Ends what runs now, if anything does. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Goes on until one leaves. `first` is being entered already. Gives the exit code. */
  async converse(first?: Promise<Entry>): Promise<number> {
    for (let entered = first; ; entered = undefined) {
      const { prefilled } = this;
      this.prefilled = "";
      const entry = await (entered ?? this.front.readStatement(this.#prompts(), prefilled));
      if (entry.type === "interrupt") continue;
      if (entry.type === "end") {
        if (await this.#leave()) return this.#exitCode;
        continue;
      }
      const { text } = entry;
      if (text.trim() === "") continue;
      this.#options.remember(text.trimEnd());
      if (isCommand(text)) {
        if ((await runCommand(this, text)) && (await this.#leave())) return this.#exitCode;
      } else {
        const goesOn = await this.runCell(text);
        this.lastCell = text;
        if (!goesOn && (await this.#leave())) return this.#exitCode;
      }
      this.#keep();
    }
  }

  /** Runs code and shows its result. False if the code asked to exit. */
  async runCell(code: string): Promise<boolean> {
    if (this.#tellAwaited()) return true;
    const filename = `<input ${++this.#cells}>`;
    const { colors, isTypeScript } = this.#options;
    const language = isTypeScript ? { language: "typescript" as const } : {};
    return this.#finish(await this.#run(code, { interactive: { filename, colors }, ...language }));
  }

  /** Goes on with the suspended cell, as `runCell`. */
  async resumeCell(answers: readonly ResumeAnswer[]): Promise<boolean> {
    return this.#finish(await this.#run("", {}, answers));
  }

  /** True if a cell is suspended, so that no other can be run. */
  #tellAwaited(): boolean {
    const awaited = awaitedBy(this.session);
    if (awaited.length === 0) return false;
    this.say(`a cell is suspended and waits for ${inWords(awaited)}: .resume goes on, .undo takes it back`);
    return true;
  }

  async #finish(result: CellResult): Promise<boolean> {
    if (result.exitCode !== undefined && result.stopped === undefined) {
      this.#exitCode = result.exitCode;
      return false;
    }
    this.#report(result);
    // While one looks at the result; the next cell waits for it.
    void this.timeline.record().catch(() => {});
    // The file still has what the session has lost.
    if (result.state === "lost" && this.#parents.length === 0) this.#kept = this.timeline.changes;
    return true;
  }

  /** Runs the program that stands before the first prompt, as the command would without a prompt. */
  async runProgram({ request, print }: FirstProgram): Promise<void> {
    if (this.#tellAwaited()) return;
    const { result, ...outcome } = await this.#run(request.code, { program: { ...request, goesOn: true } });
    if (print && outcome.exitCode === 0) this.show(result ?? "undefined", "text");
    this.#report(outcome);
    await this.timeline.record();
    this.#keep();
  }

  /** Has the session saved if it has become another one. */
  #keep(): void {
    const { changes } = this.#parents[0] ?? this.timeline;
    if (changes !== this.#kept) this.#options.keeper?.changed();
    this.#kept = changes;
  }

  async #run(
    code: string,
    how: Pick<ProgramRunOptions, "interactive" | "language" | "program">,
    answers?: readonly ResumeAnswer[],
  ): Promise<CellResult> {
    this.#output.begin();
    const { session, front } = this;
    const stopping = new AbortController();
    this.#stopping = stopping;
    if (this.#parents.length === 0) await this.#options.keeper?.beforeRun(session);
    front.onInterrupt(() => stopping.abort());
    const options: ProgramRunOptions = {
      ...how,
      onOutput: (stream, text) => this.#output.put(stream, text),
      keepOutput: false,
      onInput: () => this.#input(stopping),
      signal: stopping.signal,
    };
    try {
      return await (answers === undefined ? session.run(code, options) : session.resume(answers, options));
    } finally {
      front.onInterrupt(undefined);
      this.#output.end();
    }
  }

  /** The terminal's width. */
  get columns(): number {
    return this.#options.columns();
  }

  /** Prints a line of the prompt's own. What it holds of the session's is text. */
  say = (text: string): void => this.write(`${this.#clean(text, "text")}\n`);

  write = (text: string): void => this.#options.write(text);

  /**
   * Prints a text, or the beginning of a long one.
   *
   * @param color Colours what is left of it.
   */
  show = (text: string, allowance: Allowance = "text", color = (clean: string) => clean): void => {
    const short = shorten(text);
    this.longText = short === undefined ? undefined : this.#clean(text, allowance);
    this.write(`${color(this.#clean(short?.shown ?? text, allowance))}\n`);
    if (short !== undefined) this.#note(`... ${short.left}; .more shows all`);
  };

  async replaceSession(snapshot: Uint8Array): Promise<void> {
    const next = await createSession(this.session.language, { ...this.sessionOptions, snapshot });
    await this.timeline.replace(next);
  }

  /** Says of a session that one comes to if a cell in it waits. */
  tellSuspended(): void {
    const awaited = awaitedBy(this.session);
    if (awaited.length > 0)
      this.say(`a cell of it is suspended and waits for ${inWords(awaited)}; .resume tells more`);
  }

  async fork(): Promise<void> {
    const next = await this.session.fork();
    this.#parents.push(this.timeline);
    this.timeline = new Timeline(next);
    await this.timeline.record();
  }

  /** Back to the session that this one was forked from; true if there is none. */
  async #leave(): Promise<boolean> {
    const parent = this.#parents.pop();
    if (parent === undefined) {
      // The end of a program without code: what was registered for the exit runs now. Not while a cell waits.
      if (awaitedBy(this.session).length > 0) return true;
      await this.#run("", { program: { mode: "program", filename: "<exit>" } });
      this.#options.keeper?.changed();
      return true;
    }
    await this.timeline.close();
    this.timeline = parent;
    this.say("back in the session that was forked");
    return false;
  }

  #prompts(): Prompts {
    return promptsFor(this.session.language, this.#parents.length, this.#options.colors);
  }

  #clean(text: string, allowance: Allowance): string {
    return this.#options.isFiltered ? cleanText(text, allowance) : text;
  }

  async #input(stopping: AbortController): Promise<string | undefined> {
    const entry = await this.front.readLine(this.#output.takeLead());
    if (entry.type === "text") return `${entry.text}\n`;
    if (entry.type === "end") return undefined;
    stopping.abort();
    // The cell is told by the interrupt; an answer would be taken for the next cell's input.
    return new Promise(() => {});
  }

  #report({ error, result, state, lostRuns = [], stopped, suspended }: CellResult): void {
    if (suspended !== undefined) {
      for (const line of callLines(suspended)) this.say(line);
      const advice =
        "The cell is suspended: .resume CALL VALUE goes on, with a value in JSON, or !MESSAGE for an error.";
      this.#note(wrap(advice, this.columns, 0));
      return;
    }
    if (error !== undefined) {
      const isScript = this.session.language === "javascript";
      const text = isScript && !error.startsWith("Uncaught ") ? `Uncaught ${error}` : error;
      // Who pressed the key knows it.
      const told = stopped === "interrupt" ? text.replace(/\nThe run was stopped: .*$/, "") : text;
      this.show(told, this.#options.colors ? "colors" : "text");
    } else if (result !== undefined) {
      const colored = this.#options.colors && this.session.language === "javascript";
      this.show(result, "text", colored ? colorValue : undefined);
    }
    if (state === "kept" && stopped === "timeout") {
      this.#note("The session's state is kept.");
    } else if (state === "rolled_back") {
      const lost = lostRuns.length > 1 ? `the last ${lostRuns.length} cells are` : "this cell is";
      this.#note(`The interpreter was ended and put back as it was before: ${lost} undone.`);
    } else if (state === "lost") {
      this.#note("The interpreter was ended, and the session begins anew: all names and files are gone.");
    }
  }

  #note(text: string): void {
    this.write(this.#options.colors ? `\x1b[2m${text}\x1b[0m\n` : `${text}\n`);
  }
}

/** @param depth How many forks the session is away from the first one. */
export function promptsFor(language: Language, depth: number, colors: boolean): Prompts {
  const bold = (text: string) => (colors ? `\x1b[1;35m${text}\x1b[0m` : text);
  const fork = depth === 0 ? "" : `fork${depth > 1 ? depth : ""}`;
  const first = fork + (language === "python" ? ">>>" : ">");
  const next = (language === "python" ? "..." : "|").padStart(first.length);
  return { first: `${bold(first)} `, next: `${bold(next)} ` };
}
