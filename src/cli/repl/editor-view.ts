import type { TextBuffer } from "./buffer.js";
import type { Prompts } from "./front.js";
import type { Screen, Span } from "./screen.js";

/** Shows a text that is being edited: behind its prompt, in colours if it is code, with lines below it. */
export interface EditorView {
  /** Lines below the text. */
  footer: readonly string[];
  begin(prompts: Prompts, isCode: boolean): void;
  /** Keys that came together are drawn together. */
  draw(): void;
  /** What is written next begins below the text. */
  end(): void;
  clear(): void;
  resized(): void;
  suspended(): void;
  resumed(): void;
}

export function createEditorView(
  buffer: TextBuffer,
  screen: Screen,
  highlight: (code: string) => Span[],
): EditorView {
  let prompts: Prompts = { first: "", next: "" };
  let isCode = true;
  let isDrawing = false;
  let isActive = false;

  function drawNow(): void {
    screen.render({
      prompt: prompts.first,
      continuation: prompts.next,
      spans: isCode ? highlight(buffer.text) : [{ text: buffer.text, color: "" }],
      cursor: buffer.cursor,
      footer: view.footer,
    });
  }

  const view: EditorView = {
    footer: [],
    begin(next, isNextCode) {
      prompts = next;
      isCode = isNextCode;
      view.footer = [];
      isActive = true;
      drawNow();
    },
    draw() {
      if (isDrawing) return;
      isDrawing = true;
      setImmediate(() => {
        isDrawing = false;
        if (isActive) drawNow();
      });
    },
    end() {
      buffer.cursor = buffer.text.length;
      view.footer = [];
      drawNow();
      isActive = false;
      screen.finish();
    },
    clear: () => screen.clear(),
    resized() {
      if (!isActive) return;
      screen.resized();
      drawNow();
    },
    suspended() {
      if (isActive) screen.finish();
    },
    resumed() {
      if (isActive) drawNow();
    },
  };
  return view;
}
