import { eachToken, type Token } from "../tokens.js";

/** What a source text shows of what kind of module it is, without running or parsing it. */
export interface ModuleShape {
  /** It has an `import` or `export` statement, or `import.meta`: no CommonJS module can have one. */
  readonly isModule: boolean;
  /** The names that a CommonJS module gives, as far as one can tell. */
  readonly names: readonly string[];
  /** The modules whose names it gives as well: `module.exports = require("./a")`. */
  readonly reexports: readonly string[];
}

/** The most names of one module. */
export const maxNames = 10_000;
const maxReexports = 100;
/** A longer text is taken for a CommonJS module of which no names can be told. */
const maxTextLength = 8 * 1024 * 1024;
/** As many tokens as the longest form looks at. */
const windowLength = 10;

/** The time grows with the length of the text, whatever is in it, and what it takes of memory does not. */
export function shapeOf(text: string): ModuleShape {
  const names = new Set<string>();
  const reexports = new Set<string>();
  if (text.length > maxTextLength || !/\b(?:exports|import|export|__exportStar)\b/.test(text)) {
    return { isModule: false, names: [], reexports: [] };
  }
  const stream = new TokenStream(text);
  for (; !stream.isAtEnd(); stream.advance()) {
    if (stream.peek().kind !== "word") continue;
    if (isModuleSyntax(stream)) return { isModule: true, names: [], reexports: [] };
    const found = exportsOf(stream);
    for (const name of found.names ?? []) if (names.size < maxNames) names.add(name);
    for (const name of found.reexports ?? []) if (reexports.size < maxReexports) reexports.add(name);
  }
  return { isModule: false, names: [...names], reexports: [...reexports] };
}

interface Found {
  readonly names?: readonly string[];
  readonly reexports?: readonly string[];
}

/** A few tokens of a text, of which the first is the next. */
class TokenStream {
  readonly #tokens: Generator<Token, undefined>;
  readonly #window: Token[] = [];
  /** What stood before the window. */
  before: Token | undefined;

  constructor(text: string) {
    this.#tokens = eachToken(text);
    while (this.#window.length < windowLength && this.#fill());
  }

  isAtEnd(): boolean {
    return this.#window.length === 0;
  }

  peek(): Token {
    return this.#window[0] as Token;
  }

  text(index: number): string | undefined {
    return this.#window[index]?.text;
  }

  kind(index: number): Token["kind"] | undefined {
    return this.#window[index]?.kind;
  }

  /** Whether the window has these texts from an index on. */
  has(index: number, ...texts: readonly string[]): boolean {
    return texts.every((text, offset) => this.text(index + offset) === text);
  }

  advance(count = 1): void {
    for (let done = 0; done < count && this.#window.length > 0; done++) {
      this.before = this.#window.shift();
      this.#fill();
    }
  }

  #fill(): boolean {
    const { value } = this.#tokens.next();
    if (value !== undefined) this.#window.push(value);
    return value !== undefined;
  }
}

function isModuleSyntax(at: TokenStream): boolean {
  const { text, depth } = at.peek();
  if (text === "import" && at.has(1, ".", "meta") && at.before?.text !== ".") return true;
  if (depth > 0 || (text !== "import" && text !== "export")) return false;
  const { before } = at;
  if (before?.text === ".") return false;
  // A statement begins in a new line, or behind another one; else it is a name of a property.
  if (!at.peek().isFirstInLine && before !== undefined && before.text !== ";" && before.text !== "}")
    return false;
  if (text === "export") {
    return at.kind(1) === "word" || at.text(1) === "{" || at.text(1) === "*";
  }
  return at.kind(1) === "word" || at.kind(1) === "string" || at.text(1) === "{" || at.text(1) === "*";
}

/** What the code at hand exports. What has been read of a list is passed. */
function exportsOf(at: TokenStream): Found {
  const { text } = at.peek();
  if (text === "__exportStar" || text === "__export") {
    // TypeScript's helper, alone or as a property: `tslib.__exportStar(require("a"), exports)`.
    const name = at.has(1, "(", "require", "(") ? stringOf(at, 4) : undefined;
    return name === undefined ? {} : { reexports: [name] };
  }
  if (at.before?.text === ".") return {};
  if (text === "Object" && at.has(1, ".", "defineProperty", "(")) {
    const list = exportsLength(at, 4);
    const name = list > 0 && at.text(4 + list) === "," ? stringOf(at, 5 + list) : undefined;
    return name === undefined ? {} : { names: [name] };
  }
  const length = exportsLength(at, 0);
  if (length === 0) return {};
  if (at.text(length) === "." && at.kind(length + 1) === "word" && isAssignment(at, length + 2)) {
    return { names: [at.text(length + 1) as string] };
  }
  if (at.text(length) === "[" && at.text(length + 2) === "]" && isAssignment(at, length + 3)) {
    const name = stringOf(at, length + 1);
    return name === undefined ? {} : { names: [name] };
  }
  if (!isAssignment(at, length) || text !== "module") return {};
  if (at.has(length + 1, "require", "(")) {
    const name = stringOf(at, length + 3);
    return name === undefined ? {} : { reexports: [name] };
  }
  if (at.text(length + 1) !== "{") return {};
  at.advance(length + 2);
  return listOf(at);
}

/** `exports` or `module.exports`: how many tokens it is; 0 if it is neither. */
function exportsLength(at: TokenStream, index: number): number {
  if (at.text(index) === "exports") return 1;
  return at.has(index, "module", ".", "exports") ? 3 : 0;
}

/** `=`, and not `==` nor `=>`. Tokens are single marks. */
function isAssignment(at: TokenStream, index: number): boolean {
  return at.text(index) === "=" && at.text(index + 1) !== "=" && at.text(index + 1) !== ">";
}

/** The members of an object, up to one that is a method or something else that tells no name. */
function listOf(at: TokenStream): Found {
  const names: string[] = [];
  const reexports: string[] = [];
  const depth = at.isAtEnd() ? 0 : at.peek().depth;
  while (!at.isAtEnd() && names.length < maxNames) {
    if (at.has(0, ".", ".", ".", "require", "(")) {
      const name = stringOf(at, 5);
      if (name !== undefined) reexports.push(name);
    } else {
      const isName = at.kind(0) === "word" || at.kind(0) === "string";
      const [next = ""] = [at.text(1)];
      if (!isName || ![":", ",", "}"].includes(next)) break;
      const name = at.kind(0) === "word" ? at.text(0) : stringOf(at, 0);
      if (name !== undefined) names.push(name);
    }
    // To the next member: a value may hold brackets, and what is deeper belongs to it.
    while (!at.isAtEnd() && !(at.peek().depth === depth && at.peek().text === ",")) {
      if (at.peek().depth < depth) return { names, reexports };
      at.advance();
    }
    at.advance();
  }
  return { names, reexports };
}

/** The text that a string literal stands for, if it has no escapes but those that are characters themselves. */
function stringOf(at: TokenStream, index: number): string | undefined {
  if (at.kind(index) !== "string") return undefined;
  const inner = (at.text(index) as string).slice(1, -1);
  return inner.includes("\\") ? undefined : inner;
}
