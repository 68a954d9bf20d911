import type { Language } from "../../engine/runtime.js";
import { TextBuffer } from "./buffer.js";
import { commonStart, inColumns } from "./completions.js";
import { createEditingKeys } from "./editing-keys.js";
import { createEditorView } from "./editor-view.js";
import type { Entry, PromptSource, Prompts } from "./front.js";
import { searchHistory } from "./history-search.js";
import { createHistoryWalk } from "./history-walk.js";
import { indentAfter, indentOfCloser, indentUnit } from "./indent.js";
import { isEnter, type Key, type Keyboard } from "./keyboard.js";
import type { Screen, Span } from "./screen.js";
import { textWidth } from "./width.js";

export interface EditorOptions {
  readonly language: Language;
  readonly keyboard: Keyboard;
  readonly screen: Screen;
  readonly source: PromptSource;
  highlight(code: string): Span[];
  readonly columns: () => number;
}

export interface Editor {
  readStatement(prompts: Prompts, prefilled: string): Promise<Entry>;
  /** One line for the running code; `lead` is what stands before the cursor on the screen already. */
  readLine(lead: string): Promise<Entry>;
  resized(): void;
  /** Another program has the terminal from now on. */
  suspended(): void;
  /** The terminal is ours again. */
  resumed(): void;
}

/** A line editor for statements of many lines, with history and completion. */
export function createEditor(options: EditorOptions): Editor {
  const { language, keyboard, screen, source, highlight } = options;
  const unit = indentUnit[language];
  const buffer = new TextBuffer();
  const view = createEditorView(buffer, screen, highlight);
  const walk = createHistoryWalk(source.history, buffer);
  const editText = createEditingKeys(buffer, unit.length);
  /** Completions were asked for already: the next time, they are listed. */
  let isTold = false;

  function leave(entry: Entry): Entry {
    view.end();
    return entry;
  }

  /** What every key does that ends nothing. */
  function edit(key: Key): void {
    if (key.name === "C-l") view.clear();
    else if (key.name === "C-d") buffer.delete(buffer.right);
    else if (!typeCloser(key.text)) editText(key);
  }

  /** A closing bracket that begins its line goes back to where its block began. False if it is none. */
  function typeCloser(text: string): boolean {
    const indent = keyboard.isPasting
      ? undefined
      : indentOfCloser(language, buffer.text.slice(0, buffer.cursor), text);
    if (indent === undefined) return false;
    buffer.replaceBefore(buffer.lineStart, indent + text);
    return true;
  }

  function vertical(direction: -1 | 1): void {
    if (direction < 0 ? buffer.isFirstLine : buffer.isLastLine) walk.go(direction);
    else buffer.cursor = buffer.vertical(direction);
  }

  /** @param isPasted Pasted lines bring their own indentation. */
  function newLine(isPasted = false): void {
    if (isPasted) buffer.insert("\n");
    else buffer.insert(`\n${indentAfter(language, buffer.text.slice(0, buffer.cursor))}`);
  }

  async function complete(): Promise<void> {
    if (keyboard.isPasting || /^\s*$/.test(buffer.lineBefore)) {
      buffer.insert(unit);
      return;
    }
    const { prefix, items } = await source.complete(buffer.text.slice(0, buffer.cursor));
    const common = commonStart(items);
    if (common.length > prefix.length) {
      buffer.insert(common.slice(prefix.length));
      isTold = false;
    } else if (items.length > 1) {
      if (isTold) view.footer = inColumns(items, options.columns());
      isTold = true;
    }
  }

  async function search(): Promise<Key> {
    const key = await searchHistory(source.history.entries, buffer, keyboard, (line) => {
      view.footer = [line];
      view.draw();
    });
    view.footer = [];
    return key;
  }

  async function isFinished(): Promise<boolean> {
    const { text } = buffer;
    if (/^\s*$/.test(text) || source.isCommand(text)) return true;
    return source.isComplete(text);
  }

  return {
    async readStatement(prompts, prefilled) {
      walk.begin();
      isTold = false;
      buffer.clear(prefilled);
      view.begin(prompts, true);
      for (;;) {
        let key = await keyboard.next();
        view.footer = [];
        if (key.name === "C-r") key = await search();
        if (key.name !== "tab") isTold = false;
        switch (key.name) {
          case "C-c":
            return leave({ type: "interrupt" });
          case "up":
          case "C-p":
            vertical(-1);
            break;
          case "down":
          case "C-n":
            vertical(1);
            break;
          case "M-return":
          case "M-enter":
            newLine();
            break;
          case "tab":
            await complete();
            break;
          case "return":
          case "enter": {
            const isPasted = await keyboard.isPastedEnter();
            if (!isPasted && buffer.isLastLine) {
              if (source.isGivenUp(buffer.text)) return leave({ type: "interrupt" });
              // In the last line, or in the only one, it ends the statement if that is complete.
              if (await isFinished()) return leave({ type: "text", text: buffer.text });
            }
            newLine(isPasted);
            break;
          }
          default:
            if (key.name === "C-d" && buffer.text === "") return leave({ type: "end" });
            edit(key);
        }
        view.draw();
      }
    },
    async readLine(lead) {
      screen.adopt(textWidth(lead));
      buffer.clear("");
      view.begin({ first: lead, next: "" }, false);
      for (;;) {
        const key = await keyboard.next();
        if (key.name === "C-c") return leave({ type: "interrupt" });
        if (key.name === "C-d" && buffer.text === "") return leave({ type: "end" });
        if (isEnter(key.name)) return leave({ type: "text", text: buffer.text });
        edit(key);
        view.draw();
      }
    },
    resized: () => view.resized(),
    suspended: () => view.suspended(),
    resumed: () => view.resumed(),
  };
}
