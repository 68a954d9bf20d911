/** A piece of JavaScript source that is no space and no comment. */
export interface Token {
  readonly kind: "word" | "string" | "template" | "regular expression" | "mark";
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets are open before it, `${` counted with them. */
  readonly depth: number;
  readonly isFirstInLine: boolean;
}

const space = /\s+/y;
const lineComment = /\/\/[^\n]*/y;
const word = /[\p{ID_Continue}$#@\u200c\u200d]+/uy;
const string = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const templatePiece = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const regularExpression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[\p{ID_Continue}$]*/uy;

/** Words behind which an operand follows, so that `/` begins a regular expression. */
const operators = new Set(
  "await case delete do else in instanceof new of return throw typeof void yield".split(" "),
);

/**
 * The tokens of a source text, as far as one can tell without parsing it: `/` behind a closing bracket is taken for a
 * division. The time grows with the length of the text, whatever is in it.
 */
export function tokenize(source: string): Token[] {
  return [...eachToken(source)];
}

/** As `tokenize`, one after the other: for sources of any length. */
export function* eachToken(source: string): Generator<Token, undefined> {
  let last: Token | undefined;
  const open: string[] = [];
  let at = 0;
  let isFirstInLine = true;
  /** Up to here no regular expression is looked for any more: the rest of a line was searched for its end. */
  let searched = 0;
  const pass = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(source)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const token = (kind: Token["kind"], start: number, depth = open.length): Token => {
    last = { kind, text: source.slice(start, at), start, end: at, depth, isFirstInLine };
    isFirstInLine = false;
    return last;
  };
  while (at < source.length) {
    const start = at;
    if (pass(space)) {
      isFirstInLine ||= source.slice(start, at).includes("\n");
      continue;
    }
    if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      at = end < 0 ? source.length : end + 2;
      isFirstInLine ||= source.slice(start, at).includes("\n");
      continue;
    }
    if (source.startsWith("//", at)) {
      pass(lineComment);
      continue;
    }
    const mark = source[at] ?? "";
    if (mark === "`" || (mark === "}" && open.at(-1) === "${")) {
      if (mark === "}") open.pop();
      const depth = open.length;
      at++;
      pass(templatePiece);
      const goesOn = source.startsWith("${", at);
      at = Math.min(at + (goesOn ? 2 : 1), source.length);
      if (goesOn) open.push("${");
      yield token("template", start, depth);
    } else if (/["']/.test(mark) && pass(string)) yield token("string", start);
    else if (mark === "/" && at >= searched && isOperandNext(last) && pass(regularExpression)) {
      yield token("regular expression", start);
    } else if (pass(word)) yield token("word", start);
    else {
      if (mark === "/" && at >= searched && isOperandNext(last)) {
        const lineEnd = source.indexOf("\n", at);
        searched = lineEnd < 0 ? source.length : lineEnd;
      }
      at++;
      if (/[)\]}]/.test(mark)) open.pop();
      yield token("mark", start);
      if (/[([{]/.test(mark)) open.push(mark);
    }
  }
  return undefined;
}

function isOperandNext(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === "word") return operators.has(last.text);
  if (last.kind === "template") return last.text.endsWith("${");
  return last.kind === "mark" && !/[)\]}]/.test(last.text);
}
