import type { Language } from "../../engine/runtime.js";
import type { Span } from "./screen.js";

export type TokenKind = "keyword" | "string" | "comment" | "number" | "builtin" | "definition" | "special";

/** What follows `ESC [` and precedes `m`, for each kind. */
export type Theme = Readonly<Partial<Record<TokenKind, string>>>;

const dark: Theme = {
  keyword: "1;34",
  string: "32",
  comment: "90",
  number: "33",
  builtin: "36",
  definition: "1",
  special: "35",
};
const light: Theme = { ...dark, comment: "2", number: "35", builtin: "34", special: "31" };

/** No colours where they are unwanted or unknown; `COLORFGBG` tells whether the background is light. */
export function themeFor(env: Readonly<Record<string, string | undefined>>): Theme | undefined {
  const { NO_COLOR, TERM, COLORFGBG } = env;
  if ((NO_COLOR !== undefined && NO_COLOR !== "") || TERM === undefined || /^(dumb|.*-m|vt\d+)$/.test(TERM)) {
    return undefined;
  }
  const background = Number(COLORFGBG?.split(";").at(-1) || 0);
  return background === 7 || background === 15 ? light : dark;
}

const number = String.raw`(?<number>(?<![\w$])(?:0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jn]?))`;
const word = String.raw`(?<word>[\p{ID_Start}_$][\p{ID_Continue}$]*)`;
const pythonTokens = String.raw`(?<comment>#[^\n]*)|(?<string>(?<![\p{ID_Continue}])(?:[rbuftRBUFT]{1,2})?(?:'''(?:\\[^]|(?!''')[^])*(?:'''|$)|"""(?:\\[^]|(?!""")[^])*(?:"""|$)|'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?))|(?<special>^[ \t]*@[\w.]+)`;
const scriptTokens = String.raw`(?<comment>\/\/[^\n]*|\/\*(?:(?!\*\/)[^])*(?:\*\/|$))|(?<string>'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|${"`"}(?:\\[^]|[^${"`"}\\])*${"`"}?)|(?<special>(?<=^|[=(,:;!&|?{}[]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*)`;

const pythonKeywords =
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda match case nonlocal not or pass raise return try type while with yield";
const scriptKeywords =
  "async await break case catch class const continue debugger default delete do else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while with yield";
const pythonBuiltins =
  "abs all any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip self cls";
const scriptBuiltins =
  "Array ArrayBuffer BigInt Boolean DataView Date Error Function Infinity Intl JSON Map Math NaN Number Object Promise Proxy Reflect RegExp Set String Symbol TypeError WeakMap WeakSet console globalThis parseFloat parseInt process setTimeout setInterval structuredClone";

const words = (list: string) => new Set(list.split(" "));

/** Gives the code in coloured pieces, which together are the code. It need not be complete or right. */
export function createHighlighter(language: Language, theme: Theme | undefined): (code: string) => Span[] {
  if (theme === undefined) return (code) => [{ text: code, color: "" }];
  const isPython = language === "python";
  const pattern = new RegExp(`${isPython ? pythonTokens : scriptTokens}|${number}|${word}`, "gmu");
  const keywords = words(isPython ? pythonKeywords : scriptKeywords);
  const builtins = words(isPython ? pythonBuiltins : scriptBuiltins);
  const definers = isPython ? words("def class") : words("function class");

  function kindOf(name: string, code: string, start: number, previous: string): TokenKind | undefined {
    if (code[start - 1] === ".") return undefined;
    if (keywords.has(name)) return "keyword";
    if (definers.has(previous)) return "definition";
    return builtins.has(name) ? "builtin" : undefined;
  }

  return (code) => {
    const spans: Span[] = [];
    let end = 0;
    let previous = "";
    for (const { index, 0: text, groups = {} } of code.matchAll(pattern)) {
      const { word: name } = groups;
      const kind =
        name === undefined
          ? (["comment", "string", "special", "number"] as const).find((group) => groups[group] !== undefined)
          : kindOf(name, code, index, previous);
      previous = name ?? "";
      const color = (kind && theme[kind]) ?? "";
      if (color === "") continue;
      if (index > end) spans.push({ text: code.slice(end, index), color: "" });
      spans.push({ text, color });
      end = index + text.length;
    }
    if (end < code.length || spans.length === 0) spans.push({ text: code.slice(end), color: "" });
    return spans;
  };
}

/** The values that a JavaScript prompt shows, in the colours that Node.js gives them. */
const valueColors: ReadonlyArray<readonly [RegExp, string]> = [
  [/(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\\n])*`)/, "32"],
  [/(?<date>\b\d{4}-\d\d-\d\dT[\d:.]+Z)/, "35"],
  [/(?<symbol>Symbol\([^)\n]*\))/, "32"],
  [
    /(?<reference>\[(?:Function|class|AsyncFunction|GeneratorFunction|AsyncGeneratorFunction|Getter|Setter|Circular|Object|Array)[^\]\n]*\]|<ref \*\d+>)/,
    "36",
  ],
  [/(?<regexp>(?<=^|[:[,] )\/(?:\\.|[^/\\\n])+\/[a-z]*)/, "31"],
  [/(?<number>(?<![\w$.'])-?(?:\d[\d.]*(?:e[+-]?\d+)?n?|Infinity|NaN)\b|\b(?:true|false)\b)(?!:)/, "33"],
  [/(?<undefined>\bundefined\b)(?!:)/, "90"],
  [/(?<null>\bnull\b)(?!:)/, "1"],
];
const valuePattern = new RegExp(valueColors.map(([{ source }]) => source).join("|"), "gm");

export function colorValue(text: string): string {
  return text.replace(valuePattern, (match, ...rest) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const at = Object.values(groups).findIndex((group) => group !== undefined);
    return `\x1b[${valueColors[at]?.[1]}m${match}\x1b[0m`;
  });
}
