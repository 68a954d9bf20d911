import { isEnter, type Keyboard } from "./keyboard.js";
import { rowsOf } from "./rows.js";

/** Shows texts that are longer than the terminal is high. */
export interface Pager {
  /** @param text Clean: with colours, but without other control sequences. */
  page(text: string): Promise<void>;
  /** Another program has the terminal from now on. */
  suspended(): void;
  resumed(): void;
}

/** What of a terminal's output is used. */
interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const help = "-- more: Space for a page, Enter for a line, q to end --";

export function createPager(keyboard: Keyboard, output: TerminalOutput, colors: boolean): Pager {
  /** Whether the line with the help is on the screen. */
  let isAsking = false;

  const columns = () => Math.max(output.columns || 80, 2);

  function ask(): void {
    isAsking = true;
    const line = help.slice(0, columns() - 1);
    output.write(colors ? `\x1b[0;7m${line}\x1b[0m` : line);
  }

  /** How many rows are wanted next. */
  async function answer(): Promise<number> {
    ask();
    for (;;) {
      const { name, text } = await keyboard.next();
      let count: number | undefined;
      if (text === " " || name === "C-f" || name === "pagedown") count = Math.max((output.rows || 24) - 1, 1);
      else if (isEnter(name) || name === "down" || text === "j") count = 1;
      else if (/^[qQ]$/.test(text) || name === "escape" || name === "C-c" || name === "C-d") count = 0;
      if (count === undefined) continue;
      isAsking = false;
      output.write("\r\x1b[K");
      return count;
    }
  }

  return {
    async page(text) {
      let count = Math.max((output.rows || 24) - 1, 1);
      for (const row of rowsOf(text, columns)) {
        if (count === 0) count = await answer();
        if (count === 0) break;
        output.write(`${row}\r\n`);
        count--;
      }
      if (colors) output.write("\x1b[0m");
    },
    suspended() {
      if (isAsking) output.write("\r\x1b[K");
    },
    resumed() {
      if (isAsking) ask();
    },
  };
}
