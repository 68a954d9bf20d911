import type { ReadStream, WriteStream } from "node:tty";
import type { Language } from "../../engine/runtime.js";
import { createEditor } from "./editor.js";
import type { Front, PromptSource } from "./front.js";
import { createHighlighter, type Theme } from "./highlight.js";
import { openKeyboard } from "./keyboard.js";
import { createScreen } from "./screen.js";

/** A terminal with an editor. It takes the terminal over at once. */
export function openTerminalFront(
  language: Language,
  source: PromptSource,
  theme: Theme | undefined,
  input: ReadStream,
  output: WriteStream,
): Front {
  const keyboard = openKeyboard(input);
  const editor = createEditor({
    language,
    keyboard,
    screen: createScreen(output),
    source,
    highlight: createHighlighter(language, theme),
    columns: () => output.columns || 80,
  });
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
  const front: Front = {
    onInterrupt(action) {
      interrupt = action;
      if (action !== undefined && keyboard.isAhead("C-c")) stop();
    },
    readStatement: (prompts, prefilled) => reading(() => editor.readStatement(prompts, prefilled)),
    readLine: (lead) => reading(() => editor.readLine(lead)),
    pause: () => keyboard.pause(),
    resume: () => keyboard.resume(),
  };
  function stop(): void {
    keyboard.drop();
    interrupt?.();
  }
  keyboard.watch = ({ name }) => {
    if (isReading || name !== "C-c" || interrupt === undefined) return false;
    stop();
    return true;
  };
  keyboard.resume();
  return front;
}
