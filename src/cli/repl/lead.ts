import { cleanText } from "../../terminal/filter.js";
import { textWidth } from "./width.js";

const tabColumns = 8;

/**
 * What is to be seen of a line that code has written and not ended, as text in which nothing moves the cursor. So an
 * editor behind it knows where it is.
 */
export function leadOf(line: string): string {
  let text = "";
  for (const character of line.slice(line.lastIndexOf("\r") + 1)) {
    text = character === "\b" ? text.slice(0, -1) : text + character;
  }
  const [first = "", ...others] = cleanText(text, "colors").split("\t");
  return others.reduce((before, piece) => {
    const gap = tabColumns - (textWidth(before) % tabColumns);
    return before + " ".repeat(gap) + piece;
  }, first);
}
