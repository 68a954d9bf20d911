import type { TextBuffer } from "./buffer.js";
import { isEnter, type Key, type Keyboard } from "./keyboard.js";

/**
 * Searches the history backwards while one types, putting what is found into the buffer. Gives the key that ended
 * the search, for its usual meaning; a search that is given up leaves the buffer as it was.
 */
export async function searchHistory(
  entries: readonly string[],
  buffer: TextBuffer,
  keyboard: Keyboard,
  show: (line: string) => void,
): Promise<Key> {
  const before = { text: buffer.text, cursor: buffer.cursor };
  let query = "";
  let at = entries.length;

  function search(from: number): void {
    for (let index = from; index >= 0 && query !== ""; index--) {
      const found = (entries[index] ?? "").indexOf(query);
      if (found < 0) continue;
      at = index;
      buffer.set(entries[index] as string, found);
      show(`(search) ${query}`);
      return;
    }
    show(query === "" ? "(search) type to search the history" : `(search, not found) ${query}`);
  }

  search(-1);
  for (;;) {
    const key = await keyboard.next();
    if (key.name === "C-r") search(at - 1);
    else if (key.name === "backspace" || key.name === "C-h") {
      query = query.slice(0, -1);
      search(entries.length - 1);
    } else if (key.text !== "" && key.name !== "paste") {
      query += key.text;
      search(Math.min(at, entries.length - 1));
    } else if (key.name === "escape" || key.name === "C-g" || key.name === "C-c") {
      buffer.set(before.text, before.cursor);
      return { name: "", text: "" };
    } else {
      // It ends the whole statement that was found, wherever in it the match is.
      if (isEnter(key.name)) buffer.cursor = buffer.text.length;
      return key;
    }
  }
}
