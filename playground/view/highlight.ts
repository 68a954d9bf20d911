/** Code with its parts in elements of classes, for showing. */
import { javascriptLanguage } from "@codemirror/lang-javascript";
import { pythonLanguage } from "@codemirror/lang-python";
import { classHighlighter, highlightCode } from "@lezer/highlight";
import type { Language } from "wasm-repl/browser";
import { h } from "./dom.js";

/** Longer code is shown plainly. */
const longest = 50_000;

const parsers = { python: pythonLanguage.parser, javascript: javascriptLanguage.parser };

/** @param markedLine From 1: shown as the one of an error. */
export function highlighted(code: string, language: Language, markedLine?: number): HTMLElement {
  const lines = [h("span", { class: "line" })];
  const put = (text: string, classes: string) => {
    lines.at(-1)?.append(classes === "" ? text : h("span", { class: classes }, text));
  };
  if (code.length > longest) put(code, "");
  else {
    const newLine = () => void lines.push(h("span", { class: "line" }));
    highlightCode(code, parsers[language].parse(code), classHighlighter, put, newLine);
  }
  if (markedLine !== undefined) lines[markedLine - 1]?.classList.add("line-failed");
  return h("code", {}, ...lines);
}

/** Whether a cell of Python is one expression, whose value it then prints by itself. */
export function isExpression(code: string): boolean {
  if (code.length > longest) return false;
  const top = pythonLanguage.parser.parse(code).topNode;
  const statements = [...childNames(top)].filter((name) => name !== "Comment");
  return statements.length === 1 && statements[0] === "ExpressionStatement";
}

function* childNames(node: ReturnType<typeof pythonLanguage.parser.parse>["topNode"]): Generator<string> {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) yield child.name;
}
