/** Environment markers (PEP 508): when a requirement holds. */
import { compareVersions, parseSpecifiers, parseVersion, satisfies } from "./versions.js";

/** What markers ask for, by their names. */
export type MarkerEnvironment = Readonly<Record<string, string>>;

/** What they are in this sandbox. */
export const guestEnvironment: MarkerEnvironment = {
  os_name: "posix",
  sys_platform: "emscripten",
  platform_machine: "wasm32",
  platform_python_implementation: "CPython",
  platform_release: "",
  platform_system: "Emscripten",
  platform_version: "",
  python_version: "3.14",
  python_full_version: "3.14.2",
  implementation_name: "cpython",
  implementation_version: "3.14.2",
};

/** The version of Python that packages are for. */
export const guestPythonVersion = "3.14.2";

const token = /\s*(?:([()])|("[^"]*"|'[^']*')|(===|==|!=|<=|>=|~=|<|>)|([a-z_.]+))/iy;
/** What nobody writes by hand. */
const longestMarker = 4000;

/** Whether a marker holds. Undefined: it is none. */
export function evaluateMarker(text: string, environment: MarkerEnvironment): boolean | undefined {
  const tokens = text.length > longestMarker ? undefined : tokensOf(text);
  if (tokens === undefined) return undefined;
  let at = 0;

  function either(): boolean {
    let holds = both();
    while (tokens?.[at] === "or") {
      at++;
      holds = both() || holds;
    }
    return holds;
  }
  function both(): boolean {
    let holds = one();
    while (tokens?.[at] === "and") {
      at++;
      holds = one() && holds;
    }
    return holds;
  }
  function one(): boolean {
    if (tokens?.[at] === "(") {
      at++;
      const holds = either();
      if (tokens[at++] !== ")") throw new SyntaxError("no )");
      return holds;
    }
    const left = value();
    const operator = readOperator();
    const right = value();
    return compare(left, operator, right);
  }
  function readOperator(): string {
    const operator = tokens?.[at++];
    if (operator === "not" && tokens?.[at] === "in") {
      at++;
      return "not in";
    }
    return operator ?? "";
  }
  function value(): string {
    const word = tokens?.[at++] ?? "";
    if (/^["']/.test(word)) return word.slice(1, -1);
    const found = environment[word.replaceAll(".", "_")] ?? (word === "extra" ? "" : undefined);
    if (found === undefined) throw new SyntaxError("no such name");
    return found;
  }

  try {
    const holds = either();
    return at === tokens.length ? holds : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (text.slice(token.lastIndex).trim() !== "") {
    const match = token.exec(text);
    if (match === null) return undefined;
    tokens.push(match[1] ?? match[2] ?? match[3] ?? (match[4] as string));
  }
  return tokens;
}

function compare(left: string, operator: string, right: string): boolean {
  switch (operator) {
    case "in":
      return right.includes(left);
    case "not in":
      return !right.includes(left);
  }
  const specifiers = parseSpecifiers(`${operator}${right}`);
  const version = parseVersion(left);
  if (specifiers !== undefined && version !== undefined) return satisfies(version, specifiers);
  const reversed = parseVersion(right);
  const order =
    version && reversed ? compareVersions(version, reversed) : left < right ? -1 : left > right ? 1 : 0;
  const results: Readonly<Record<string, boolean>> = {
    "==": order === 0,
    "===": order === 0,
    "!=": order !== 0,
    "<": order < 0,
    "<=": order <= 0,
    ">": order > 0,
    ">=": order >= 0,
    "~=": order >= 0,
  };
  const result = results[operator];
  if (result === undefined) throw new SyntaxError("no such operator");
  return result;
}
