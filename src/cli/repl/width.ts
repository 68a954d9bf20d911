import { eastAsianWidth } from "get-east-asian-width";

const plain = /^[\x20-\x7e]*$/;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u{1f1e6}-\u{1f1ff}]{2}/u;
const invisible = /^(?:\p{Mark}|\p{Format}|\p{Default_Ignorable_Code_Point})$/u;

/** Whether each character of the text is one column wide. */
export function isPlain(text: string): boolean {
  return plain.test(text);
}

/** What a reader takes for one character each, with its columns on a terminal. */
export function* graphemes(text: string): Generator<{ readonly text: string; readonly width: number }> {
  if (isPlain(text)) {
    for (const character of text) yield { text: character, width: 1 };
    return;
  }
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    yield { text: segment, width: graphemeWidth(segment) };
  }
}

function graphemeWidth(segment: string): number {
  if (segment.length > 1 && emoji.test(segment)) return 2;
  let width = 0;
  for (const character of segment) {
    const code = character.codePointAt(0) as number;
    if (code < 32 || (code >= 127 && code < 160)) continue;
    if (!invisible.test(character)) width = Math.max(width, eastAsianWidth(code));
  }
  return width;
}

/** The columns of a text on a terminal; colours and other control sequences take none. */
export function textWidth(text: string): number {
  const visible = withoutControls(text);
  if (isPlain(visible)) return visible.length;
  let width = 0;
  for (const { width: columns } of graphemes(visible)) width += columns;
  return width;
}

/** The text without terminal control sequences. */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^[\]])/g, "");
}
