/**
 * What stands before a dot in JavaScript code, where the text alone tells its type: the code with a literal, or a call
 * whose answer is known, replaced by an expression of names that has the same attributes. So the driver, which looks up
 * names, can complete it, and nothing has to be run. Other code is given back as it is.
 */
export function withEvidentTypes(code: string): string {
  const [, dot = ""] = /(\??\.[\p{ID_Continue}$]*)$/u.exec(code) ?? [];
  if (dot === "") return code;
  const before = code.slice(0, code.length - dot.length);
  const tokens = tokensOf(before.slice(-longestText));
  const type = tokens === undefined ? undefined : typeOf(tokens, tokens.length - 1);
  return type === undefined ? code : ` ${type}.prototype${dot.replace("?", "")}`;
}

/** In characters. Expressions that are longer are left alone. */
const longestText = 2000;

type Kind = "string" | "template" | "regexp" | "number" | "bigint" | "name" | "mark";

interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const patterns: ReadonlyArray<readonly [Kind | "gap", RegExp]> = [
  ["gap", /\s+|\/\/[^\n]*|\/\*(?:(?!\*\/)[\s\S])*\*\//y],
  ["string", /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y],
  ["template", /`(?:\\[\s\S]|[^`\\])*`/y],
  ["bigint", /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*)n\b/y],
  ["number", /0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y],
  ["name", /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy],
  ["regexp", /\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y],
  ["mark", /=>|\?\.|[\s\S]/y],
];

/** Undefined where a string, or something like one, is open at the end. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const last = tokens.at(-1);
    // Behind a value, a slash divides.
    const divides = last !== undefined && endsOperand(last);
    for (const [kind, pattern] of patterns) {
      if (kind === "regexp" && divides) continue;
      pattern.lastIndex = at;
      const [found] = pattern.exec(text) ?? [];
      if (found === undefined) continue;
      at += found.length;
      if (kind !== "gap") tokens.push({ kind, text: found });
      if (kind === "mark" && /["'`]/.test(found)) return undefined;
      break;
    }
  }
  return tokens;
}

const openers: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const literals: Readonly<Partial<Record<Kind, string>>> = {
  string: "String",
  template: "String",
  regexp: "RegExp",
  number: "Number",
  bigint: "BigInt",
};
/** Words before a value, that are none themselves. */
const operators =
  /^(?:await|case|delete|do|else|in|instanceof|new|of|return|throw|typeof|void|yield|default|extends)$/;
/** What the language's own classes give when they are called without `new`. */
const conversions = new Set([
  "String",
  "Number",
  "Boolean",
  "BigInt",
  "Symbol",
  "Array",
  "Object",
  "Function",
  "RegExp",
  "Error",
]);
const constructors = new Set([
  ...conversions,
  ..."ArrayBuffer DataView Date Map Set WeakMap WeakSet WeakRef Promise Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError TextEncoder TextDecoder".split(
    " ",
  ),
]);
const staticCalls: Readonly<Record<string, string>> = {
  "Array.from": "Array",
  "Array.of": "Array",
  "Object.keys": "Array",
  "Object.values": "Array",
  "Object.entries": "Array",
  "Object.getOwnPropertyNames": "Array",
  "Object.fromEntries": "Object",
  "JSON.stringify": "String",
  "String.fromCharCode": "String",
  "String.fromCodePoint": "String",
  "String.raw": "String",
  "Number.parseFloat": "Number",
  "Number.parseInt": "Number",
  parseFloat: "Number",
  parseInt: "Number",
  "Date.now": "Number",
  "Promise.all": "Promise",
  "Promise.resolve": "Promise",
  "Promise.reject": "Promise",
  structuredClone: "Object",
};
const words = (text: string) => text.split(" ");
/** What methods give, by the class that they are called on. */
const methods: Readonly<Record<string, ReadonlyArray<readonly [result: string, names: readonly string[]]>>> =
  {
    String: [
      [
        "String",
        words(
          "at charAt concat normalize padEnd padStart repeat replace replaceAll slice substr substring toLocaleLowerCase toLocaleUpperCase toLowerCase toString toUpperCase toWellFormed trim trimEnd trimStart valueOf",
        ),
      ],
      ["Array", words("split match")],
      ["Number", words("charCodeAt codePointAt indexOf lastIndexOf localeCompare search")],
    ],
    Array: [
      [
        "Array",
        words(
          "concat copyWithin fill filter flat flatMap map reverse slice sort splice toReversed toSorted toSpliced with",
        ),
      ],
      ["String", words("join toString toLocaleString")],
      ["Number", words("findIndex findLastIndex indexOf lastIndexOf push unshift")],
    ],
    Number: [["String", words("toExponential toFixed toLocaleString toPrecision toString")]],
    Promise: [["Promise", words("then catch finally")]],
  };

function endsOperand({ kind, text }: Token): boolean {
  if (kind === "name") return !operators.test(text);
  return kind !== "mark" || Object.hasOwn(openers, text);
}

/** The name of a class whose instance the expression is that ends with the token `last`. */
function typeOf(tokens: readonly Token[], last: number): string | undefined {
  const token = tokens[last];
  if (token === undefined) return undefined;
  if (token.kind !== "mark") {
    // `x.5`, and a template behind a function, are something else.
    const before = tokens[last - 1];
    if (before !== undefined && (isDot(before) || (token.kind === "template" && endsOperand(before))))
      return undefined;
    return literals[token.kind];
  }
  if (!Object.hasOwn(openers, token.text)) return undefined;
  const start = openingOf(tokens, last);
  if (start === undefined) return undefined;
  const before = tokens[start - 1];
  const isOperand = before !== undefined && endsOperand(before);
  if (token.text === "]") return isOperand ? undefined : "Array";
  // Elsewhere, braces are those of a block or of a function.
  if (token.text === "}")
    return before !== undefined && /^[=(,:[?&|]$/.test(before.text) ? "Object" : undefined;
  if (isOperand) return typeOfCall(tokens, start - 1);
  // In parentheses: one literal or call, and nothing else.
  const type = typeOf(tokens, last - 1);
  return type !== undefined && startOf(tokens, last - 1) === start + 1 ? type : objectIn(tokens, start, last);
}

/** `({ … })`. */
function objectIn(tokens: readonly Token[], start: number, end: number): string | undefined {
  return tokens[end - 1]?.text === "}" && openingOf(tokens, end - 1) === start + 1 ? "Object" : undefined;
}

/** What a call of the function gives whose last token is `last`. */
function typeOfCall(tokens: readonly Token[], last: number): string | undefined {
  const [name, dot, owner, further] = [tokens[last], tokens[last - 1], tokens[last - 2], tokens[last - 3]];
  if (name?.kind !== "name") return undefined;
  if (dot === undefined || !isDot(dot)) {
    if (dot?.text === "new") return constructors.has(name.text) ? name.text : undefined;
    if (Object.hasOwn(staticCalls, name.text)) return staticCalls[name.text];
    return conversions.has(name.text) ? name.text : undefined;
  }
  const path = `${owner?.text}.${name.text}`;
  if (owner?.kind === "name" && Object.hasOwn(staticCalls, path)) {
    return further !== undefined && isDot(further) ? undefined : staticCalls[path];
  }
  const type = typeOf(tokens, last - 2);
  const known = type !== undefined && Object.hasOwn(methods, type) ? methods[type] : undefined;
  return known?.find(([, names]) => names.includes(name.text))?.[0];
}

/** The index of the first token of the value, calls and all, that ends with the token `last`. */
function startOf(tokens: readonly Token[], last: number): number {
  let at = last;
  for (;;) {
    const token = tokens[at];
    if (token === undefined) return at;
    if (token.kind === "mark") {
      const start = openingOf(tokens, at);
      if (start === undefined) return at;
      at = start;
      const before = tokens[at - 1];
      if (before !== undefined && endsOperand(before)) {
        at--;
        continue;
      }
    }
    const before = tokens[at - 1];
    if (before !== undefined && isDot(before)) at -= 2;
    else return before?.text === "new" ? at - 1 : at;
  }
}

function openingOf(tokens: readonly Token[], closing: number): number | undefined {
  const wanted: string[] = [];
  for (let at = closing; at >= 0; at--) {
    const { kind, text } = tokens[at] as Token;
    if (kind !== "mark") continue;
    if (Object.hasOwn(openers, text)) wanted.push(openers[text] as string);
    else if (/^[([{]$/.test(text)) {
      if (wanted.pop() !== text) return undefined;
      if (wanted.length === 0) return at;
    }
  }
  return undefined;
}

const isDot = ({ text }: Token) => text === "." || text === "?.";
