import type { TextBuffer } from "./buffer.js";
import type { Key } from "./keyboard.js";

/**
 * What keys do to a text, wherever it is edited. Gives what takes a key: it changes nothing if the key has no meaning.
 *
 * @param indentLength What one backspace takes back where there is only indentation, in characters.
 */
export function createEditingKeys(buffer: TextBuffer, indentLength: number): (key: Key) => void {
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
    const isIndent = before !== "" && before.trim() === "" && before.length % indentLength === 0;
    buffer.delete(isIndent ? buffer.cursor - indentLength : buffer.left);
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
    "C-/": () => buffer.undo(),
  };
  return ({ name, text }) => {
    if (text !== "") buffer.insert(text);
    else actions[name]?.();
  };
}
