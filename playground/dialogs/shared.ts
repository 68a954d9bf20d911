import { inspectSnapshot } from "wasm-repl/browser";
import { inBytes } from "../model/limits.js";
import type { Shared } from "../model/link.js";
import { openDialog } from "../view/dialog.js";
import { button, h, reachScrolled } from "../view/dom.js";
import { highlighted } from "../view/highlight.js";

const languageNames = { python: "Python", javascript: "JavaScript" };
const mostShownCells = 50;

/** Shows what a link holds. True if it is to be opened; nothing of it has run then, nor runs by being opened. */
export function showShared(shared: Shared): Promise<boolean> {
  const { language, cells, snapshot } = shared;
  const facts = snapshot === undefined ? [] : aboutSnapshot(snapshot);
  const count = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
  const what =
    snapshot === undefined
      ? `The link holds ${count} of ${languageNames[language]}, which are put into the editor and not run.`
      : `The link holds a ${languageNames[language]} session, as it was after ${count}. What is in its variables and files is whatever its maker put there; it does nothing until you run a cell.`;
  return new Promise((resolve) => {
    let isOpened = false;
    const { element, close } = openDialog(
      "A shared session",
      [
        h("p", {}, what),
        facts.length === 0 ? "" : h("ul", { class: "facts" }, ...facts.map((fact) => h("li", {}, fact))),
        h(
          "ol",
          { class: "earlier" },
          ...cells
            .slice(0, mostShownCells)
            .map((code, index) =>
              h(
                "li",
                {},
                h("pre", { class: "code", "aria-label": `Cell ${index + 1}` }, highlighted(code, language)),
              ),
            ),
        ),
        cells.length > mostShownCells
          ? h("p", { class: "muted" }, `and ${cells.length - mostShownCells} more`)
          : "",
        h(
          "div",
          { class: "row row-end" },
          button({ class: "tool", text: "Cancel", onclick: () => close() }),
          button({
            class: "primary",
            text: "Open",
            onclick() {
              isOpened = true;
              close();
            },
          }),
        ),
      ],
      () => resolve(isOpened),
    );
    reachScrolled(element);
  });
}

function aboutSnapshot(snapshot: Uint8Array): string[] {
  try {
    const { packageVersion, memoryBytes, filesBytes, suspended } = inspectSnapshot(snapshot);
    return [
      `${inBytes(snapshot.length)}, made by wasm-repl ${packageVersion.slice(0, 40)}`,
      `${inBytes(memoryBytes)} of memory${filesBytes === 0 ? "" : `, ${inBytes(filesBytes)} of files`}`,
      ...(suspended ? ["A cell in it waits for functions of a program, which this page does not have."] : []),
    ];
  } catch (error) {
    return [`Its state cannot be read: ${(error as Error).message}`];
  }
}
