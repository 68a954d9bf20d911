import { type Token, tokenize } from "./tokens.js";

/** A cell's static imports, which only a module may have, apart from the rest of it, which is a script. */
export interface SplitCell {
  /** The text of a module that imports what the cell does, and exports each name. Positions are those in the cell. */
  readonly imports: string;
  /** The cell with spaces in the places of its imports. */
  readonly rest: string;
  /** The names that the imports bind. */
  readonly names: readonly string[];
}

/**
 * Undefined if the code has no static import at its top level. Code that does not compile may be split in any way: the
 * compiler refuses one of the parts.
 */
export function splitImports(code: string): SplitCell | undefined {
  const found = findImports(code).filter((statement) => statement !== "unfinished");
  if (found.length === 0) return undefined;
  let rest = "";
  let imports = "";
  let at = 0;
  for (const { start, end } of found) {
    rest += code.slice(at, start) + blank(code.slice(start, end));
    imports += `${blank(code.slice(at, start))}${code.slice(start, end)};`;
    at = end;
  }
  rest += code.slice(at);
  const names = found.flatMap((statement) => statement.names);
  return { imports: `${imports}\nexport { ${names.join(", ")} };`, rest, names };
}

/** Whether the code ends within a static import, which the next line goes on with. */
export function endsInImport(code: string): boolean {
  return findImports(code).includes("unfinished");
}

interface ImportStatement {
  readonly start: number;
  readonly end: number;
  readonly names: readonly string[];
}

/** The static imports at the top level of the code; "unfinished" for one that the code's end cuts off. */
function findImports(code: string): Array<ImportStatement | "unfinished"> {
  if (!/\bimport\b/.test(code)) return [];
  const tokens = tokenize(code);
  const found: Array<ImportStatement | "unfinished"> = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (token.depth > 0 || token.text !== "import") continue;
    const before = tokens[at - 1];
    // A statement begins in a new line, or behind another one; else it is a name of a property.
    if (!token.isFirstInLine && before?.text !== ";" && before?.text !== "}") continue;
    if (before?.text === ".") continue;
    const parsed = parseImport(tokens, at);
    if (parsed === undefined) continue;
    if (parsed === "unfinished") {
      found.push(parsed);
      break;
    }
    found.push({ start: token.start, end: (tokens[parsed.next - 1] as Token).end, names: parsed.names });
    at = parsed.next - 1;
  }
  return found;
}

/** What follows `import` at `start`: undefined for what is no static import, or is wrong. */
function parseImport(
  tokens: readonly Token[],
  start: number,
): { readonly names: readonly string[]; readonly next: number } | "unfinished" | undefined {
  const names: string[] = [];
  let at = start + 1;
  const next = () => tokens[at]?.text;
  const isWord = () => tokens[at]?.kind === "word";
  const isString = () => tokens[at]?.kind === "string";
  const take = (text: string) => next() === text && at++ >= 0;
  const takeName = () => {
    if (isWord()) names.push(tokens[at++]?.text ?? "");
    return at;
  };
  const end = () => (at >= tokens.length ? ("unfinished" as const) : undefined);

  if (!isString()) {
    let hasClause = false;
    if (isWord() && !(next() === "from" && tokens[at + 1]?.kind === "string")) {
      takeName();
      hasClause = true;
      if (next() !== "from" && !take(",")) return undefined;
    }
    if (take("*")) {
      if (!take("as")) return end();
      if (!isWord()) return end();
      takeName();
      hasClause = true;
    } else if (take("{")) {
      hasClause = true;
      while (!take("}")) {
        if (!isWord() && !isString()) return end();
        const isRenamed = tokens[at + 1]?.text === "as" && tokens[at + 2]?.kind === "word";
        if (isRenamed) at += 2;
        else if (isString()) return end();
        takeName();
        if (next() !== "}" && !take(",")) return end();
      }
    }
    if (!hasClause) return undefined;
    if (!take("from")) return end();
    if (!isString()) return end();
  }
  at++;
  if (next() === "with" && tokens[at + 1]?.text === "{") {
    const depth = tokens[at]?.depth;
    for (at += 2; next() !== "}" || tokens[at]?.depth !== depth; at++) if (at >= tokens.length) return end();
    at++;
  }
  take(";");
  return { names, next: at };
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
