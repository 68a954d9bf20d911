/** What a cell writes, as it comes: a part at the beginning and one at the end, however much there is. */
import { inBytes } from "../model/limits.js";
import type { OutputLog, Piece } from "../model/output-log.js";
import { button, h, reachScrolled } from "./dom.js";
import { createTerminalText } from "./terminal-text.js";

export interface OutputView {
  readonly element: HTMLElement;
  /** The log has grown. It is drawn with the next picture of the screen. */
  update(): void;
}

export function createOutputView(log: OutputLog, download: () => void): OutputView {
  const head = h("pre", { class: "text" });
  const tail = h("pre", { class: "text", hidden: true });
  const gap = h("p", { class: "gap", hidden: true });
  const save = button({ class: "small", text: "Download all", onclick: download });
  const gapText = h("span");
  gap.append(gapText, save);
  const element = h("div", { class: "output", hidden: true }, head, gap, tail);
  const terminal = createTerminalText(head);
  let drawn = 0;
  let drawnOf = 0;
  let isAsked = false;

  function draw(): void {
    isAsked = false;
    element.hidden = log.length === 0;
    for (; drawn < log.head.length; drawn++) {
      const { stream, text } = log.head[drawn] as Piece;
      terminal.push(text, stream);
    }
    reachScrolled(element);
    if (log.length === drawnOf) return;
    drawnOf = log.length;
    gap.hidden = log.hidden === 0;
    tail.hidden = log.tail.length === 0;
    gapText.textContent = `${inBytes(log.hidden)} of ${inBytes(log.length)} are not shown`;
    if (log.tail.length === 0) return;
    tail.replaceChildren();
    const end = createTerminalText(tail);
    for (const [index, { stream, text }] of log.tail.entries()) {
      end.push(index === 0 && log.hidden > 0 ? fromNextLine(text) : text, stream);
    }
    tail.scrollTop = tail.scrollHeight;
    reachScrolled(element);
  }

  draw();
  return {
    element,
    update() {
      if (isAsked) return;
      isAsked = true;
      // A page in the background gets no frames.
      if (document.hidden) setTimeout(draw, 200);
      else requestAnimationFrame(draw);
    },
  };
}

/** In characters: a longer line is begun in its middle. */
const longestLine = 500;

function fromNextLine(text: string): string {
  const end = text.indexOf("\n");
  return end >= 0 && end < longestLine ? text.slice(end + 1) : text;
}
