import type { ReadStream, WriteStream } from "node:tty";
import type { Language } from "../../engine/runtime.js";
import { createEditor } from "./editor.js";
import type { Front, PromptSource } from "./front.js";
import { createHighlighter, type Theme } from "./highlight.js";
import { openKeyboard } from "./keyboard.js";
import { createPager } from "./pager.js";
import { createScreen } from "./screen.js";
import { createSuspension } from "./suspension.js";

/** A terminal with an editor. It takes the terminal over at once. */
export function openTerminalFront(
  language: Language,
  source: PromptSource,
  theme: Theme | undefined,
  input: ReadStream,
  output: WriteStream,
): Front {
  const keyboard = openKeyboard(input, output);
  const editor = createEditor({
    language,
    keyboard,
    screen: createScreen(output),
    source,
    highlight: createHighlighter(language, theme),
    columns: () => output.columns || 80,
  });
  const pager = createPager(keyboard, output, theme !== undefined);
  output.on("resize", () => editor.resized());
  let isReading = false;
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    isReading = true;
    try {
      return await read();
    } finally {
      isReading = false;
    }
  };
  let interrupt: (() => void) | undefined;
  let beforeSuspending: (() => void) | undefined;
  let isPaused = false;
  const front: Front = {
    onInterrupt(action) {
      interrupt = action;
      if (action !== undefined && keyboard.isAhead("C-c")) stop();
    },
    readStatement: (prompts, prefilled) => reading(() => editor.readStatement(prompts, prefilled)),
    readLine: (lead) => reading(() => editor.readLine(lead)),
    page: (text) => reading(() => pager.page(text)),
    announce(line) {
      editor.suspended();
      output.write(`${line}\n`);
      editor.resumed();
    },
    onSuspend(action) {
      beforeSuspending = action;
    },
    pause() {
      isPaused = true;
      keyboard.pause();
    },
    resume() {
      isPaused = false;
      keyboard.resume();
    },
  };
  const suspension = createSuspension(
    () => {
      editor.suspended();
      pager.suspended();
      beforeSuspending?.();
      keyboard.pause();
    },
    () => {
      if (isPaused) return;
      // The mode is set only if it is another one, and the shell may have changed it.
      keyboard.pause();
      keyboard.resume();
      editor.resumed();
      pager.resumed();
    },
  );
  function stop(): void {
    keyboard.drop();
    interrupt?.();
  }
  keyboard.watch = ({ name }) => {
    if (name === "C-z") {
      suspension.suspend();
      return true;
    }
    if (isReading || name !== "C-c" || interrupt === undefined) return false;
    stop();
    return true;
  };
  keyboard.resume();
  return front;
}
