import type { Language } from "../../engine/runtime.js";
import { TextBuffer } from "./buffer.js";
import type { Entry, PromptSource, Prompts } from "./front.js";
import { searchHistory } from "./history-search.js";
import { indentAfter, indentUnit } from "./indent.js";
import type { Key, Keyboard } from "./keyboard.js";
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
}

const mostListedRows = 12;

/** A line editor for statements of many lines, with history and completion. */
export function createEditor(options: EditorOptions): Editor {
  const { language, keyboard, screen, source, highlight } = options;
  const unit = indentUnit[language];
  const buffer = new TextBuffer();
  let prompts: Prompts = { first: "", next: "" };
  let footer: readonly string[] = [];
  let colored = true;
  let isDrawing = false;
  let isActive = false;
  /** Where in the history the text comes from; its length if it is new. */
  let position = 0;
  let draft = "";
  let listed = false;

  /** Keys that came together are drawn together. */
  function draw(): void {
    if (isDrawing) return;
    isDrawing = true;
    setImmediate(() => {
      isDrawing = false;
      if (isActive) drawNow();
    });
  }

  function drawNow(): void {
    const spans = colored ? highlight(buffer.text) : [{ text: buffer.text, color: "" }];
    screen.render({
      prompt: prompts.first,
      continuation: prompts.next,
      spans,
      cursor: buffer.cursor,
      footer,
    });
  }

  function leave(entry: Entry): Entry {
    buffer.cursor = buffer.text.length;
    footer = [];
    drawNow();
    isActive = false;
    screen.finish();
    return entry;
  }

  function begin(next: Prompts, text: string, isCode: boolean): void {
    prompts = next;
    buffer.clear(text);
    footer = [];
    colored = isCode;
    isActive = true;
    drawNow();
  }

  function recall(direction: -1 | 1): void {
    const { entries } = source.history;
    const target = position + direction;
    if (target < 0 || target > entries.length) return;
    if (position === entries.length) draft = buffer.text;
    position = target;
    buffer.set(entries[position] ?? draft);
  }

  function vertical(direction: -1 | 1): void {
    if (direction < 0 ? buffer.isFirstLine : buffer.isLastLine) recall(direction);
    else buffer.cursor = buffer.vertical(direction);
  }

  function newLine(): void {
    // Pasted lines bring their own.
    if (keyboard.isPasting) buffer.insert("\n");
    else buffer.insert(`\n${indentAfter(language, buffer.text.slice(0, buffer.cursor))}`);
  }

  async function complete(): Promise<void> {
    if (/^\s*$/.test(buffer.lineBefore)) {
      buffer.insert(unit);
      return;
    }
    const { prefix, items } = await source.complete(buffer.text.slice(0, buffer.cursor));
    const common = commonStart(items);
    if (common.length > prefix.length) {
      buffer.insert(common.slice(prefix.length));
      listed = false;
    } else if (items.length > 1) {
      if (listed) footer = inColumns(items, options.columns());
      listed = true;
    }
  }

  /** What all editors do with a key; false if it has no meaning here. */
  function edit({ name, text }: Key): boolean {
    if (text !== "") {
      buffer.insert(text);
      return true;
    }
    const action = actions[name];
    action?.();
    return action !== undefined;
  }

  const move = (place: () => number) => () => {
    buffer.cursor = place();
  };
  const remove =
    (place: () => number, kill = false) =>
    () =>
      buffer.delete(place(), kill);
  const lineStart = () => buffer.lineStart;
  const lineEnd = () => buffer.lineEnd;
  const left = () => buffer.left;
  const right = () => buffer.right;
  const wordLeft = () => buffer.wordLeft;
  const wordRight = () => buffer.wordRight;
  const backspace = () => {
    const before = buffer.lineBefore;
    const isIndent = before !== "" && before.trim() === "" && before.length % unit.length === 0;
    buffer.delete(isIndent ? buffer.cursor - unit.length : buffer.left);
  };
  const actions: Readonly<Record<string, (() => void) | undefined>> = {
    left: move(left),
    right: move(right),
    "C-b": move(left),
    "C-f": move(right),
    "C-left": move(wordLeft),
    "C-right": move(wordRight),
    "M-left": move(wordLeft),
    "M-right": move(wordRight),
    "M-b": move(wordLeft),
    "M-f": move(wordRight),
    home: move(lineStart),
    end: move(lineEnd),
    "C-a": move(lineStart),
    "C-e": move(lineEnd),
    "C-home": move(() => 0),
    "C-end": move(() => buffer.text.length),
    backspace,
    "C-h": backspace,
    delete: remove(right),
    "C-w": remove(wordLeft, true),
    "M-backspace": remove(wordLeft, true),
    "C-backspace": remove(wordLeft, true),
    "M-d": remove(wordRight, true),
    "C-delete": remove(wordRight, true),
    "C-u": remove(lineStart, true),
    "C-k": () => buffer.delete(buffer.cursor === buffer.lineEnd ? buffer.right : buffer.lineEnd, true),
    "C-y": () => buffer.yank(),
    "\x1f": () => buffer.undo(),
    "C-z": () => buffer.undo(),
    "C-/": () => buffer.undo(),
    "C-l": () => screen.clear(),
  };

  async function isFinished(): Promise<boolean> {
    const { text } = buffer;
    if (/^\s*$/.test(text) || source.isCommand(text)) return true;
    return source.isComplete(text);
  }

  return {
    async readStatement(given, prefilled) {
      position = source.history.entries.length;
      draft = "";
      listed = false;
      begin(given, prefilled, true);
      for (;;) {
        let key = await keyboard.next();
        footer = [];
        if (key.name === "C-r") {
          const found = await searchHistory(source.history.entries, buffer, keyboard, (line) => {
            footer = [line];
            draw();
          });
          footer = [];
          key = found;
        }
        if (key.name !== "tab") listed = false;
        if (key.name === "C-c") {
          leave({ type: "interrupt" });
          return { type: "interrupt" };
        }
        if (key.name === "C-d" && buffer.text === "") return leave({ type: "end" });
        if (key.name === "C-d") buffer.delete(buffer.right);
        else if (key.name === "up" || key.name === "C-p") vertical(-1);
        else if (key.name === "down" || key.name === "C-n") vertical(1);
        else if (key.name === "M-return" || key.name === "M-enter") newLine();
        else if (key.name === "tab") await complete();
        else if (key.name === "return" || key.name === "enter") {
          // In the last line, or in the only one, it ends the statement if that is complete.
          if (buffer.isLastLine && (await isFinished())) {
            const { text } = buffer;
            return leave({ type: "text", text });
          }
          newLine();
        } else edit(key);
        draw();
      }
    },
    async readLine(lead) {
      screen.adopt(textWidth(lead));
      begin({ first: lead, next: "" }, "", false);
      for (;;) {
        const key = await keyboard.next();
        if (key.name === "C-c") return leave({ type: "interrupt" });
        if (key.name === "C-d" && buffer.text === "") return leave({ type: "end" });
        if (key.name === "return" || key.name === "enter") return leave({ type: "text", text: buffer.text });
        if (key.name === "C-d") buffer.delete(buffer.right);
        else edit(key);
        draw();
      }
    },
    resized() {
      if (!isActive) return;
      screen.resized();
      drawNow();
    },
  };
}

function commonStart(items: readonly string[]): string {
  const [first = ""] = items;
  let length = first.length;
  for (const item of items) {
    while (!item.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}

function inColumns(items: readonly string[], columns: number): string[] {
  const names = items.map((item) => item.slice(0, Math.max(columns - 3, 1)));
  const width = Math.max(...names.map(textWidth)) + 2;
  const perRow = Math.max(1, Math.floor((columns - 1) / width));
  const rows: string[] = [];
  for (let start = 0; start < names.length && rows.length < mostListedRows; start += perRow) {
    const row = names.slice(start, start + perRow);
    rows.push(
      row
        .map((name) => name + " ".repeat(width - textWidth(name)))
        .join("")
        .trimEnd(),
    );
  }
  const shown = rows.length * perRow;
  return shown < names.length
    ? [...rows, `... and ${names.length - shown} more`.slice(0, columns - 1)]
    : rows;
}
