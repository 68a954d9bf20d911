import { eastAsianWidth } from "get-east-asian-width";
import { cleanText } from "../../terminal/filter.js";

const plain = /^[\x20-\x7e]*$/;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u{1f1e6}-\u{1f1ff}]{2}/u;
const invisible = /^(?:\p{Mark}|\p{Format}|\p{Default_Ignorable_Code_Point})$/u;

/** Whether each character of the text is one column wide. */
export function isPlain(text: string): boolean {
  return plain.test(text);
}

/** What a reader takes for one character. */
export interface Grapheme {
  readonly text: string;
  /** What stands for it on a terminal, which would obey a control character. */
  readonly shown: string;
  /** In columns of a terminal. */
  readonly width: number;
}

const tab = "    ";
const unknown = "\ufffd";

export function* graphemes(text: string): Generator<Grapheme> {
  if (isPlain(text)) {
    for (const character of text) yield { text: character, shown: character, width: 1 };
    return;
  }
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const shown = segment === "\t" ? tab : /\p{Control}/u.test(segment) ? unknown : segment;
    yield { text: segment, shown, width: shown === tab ? tab.length : graphemeWidth(shown) };
  }
}

function graphemeWidth(segment: string): number {
  if (segment.length > 1 && emoji.test(segment)) return 2;
  let width = 0;
  for (const character of segment) {
    if (invisible.test(character)) continue;
    width = Math.max(width, eastAsianWidth(character.codePointAt(0) as number));
  }
  return width;
}

/** The columns of a text on a terminal; colours and other control sequences take none. */
export function textWidth(text: string): number {
  const visible = cleanText(text, "text");
  if (isPlain(visible)) return visible.length;
  let width = 0;
  for (const { width: columns } of graphemes(visible)) width += columns;
  return width;
}
