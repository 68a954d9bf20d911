import { openDialog } from "../view/dialog.js";
import { h } from "../view/dom.js";

export function showAbout(): void {
  const keys: [string, string][] = [
    ["Ctrl or ⌘ + Enter", "run the cell"],
    ["Shift + Enter", "run it, and keep the code in the editor"],
    ["Ctrl or ⌘ + .", "stop"],
    ["↑ and ↓ at the edge of the editor", "earlier and later cells"],
    ["Ctrl + Space", "complete"],
    ["Escape, then Tab", "leave the editor"],
  ];
  const isolation = crossOriginIsolated
    ? "This page is cross-origin isolated: Stop interrupts the code as Ctrl-C does, and input() asks here."
    : "This page is not cross-origin isolated, since its server does not send the headers for that: Stop ends the interpreter and goes back to the state before the cell, and input() finds its end at once.";
  openDialog("About", [
    h(
      "p",
      {},
      "CPython and QuickJS run here as WebAssembly, in a worker of this tab. There is no server behind the page: code, states and files stay in your browser, and nothing is uploaded. Code that runs here reaches neither this page nor the network.",
    ),
    h(
      "p",
      {},
      "After each cell the whole session is kept: variables, files, open databases, generators in the middle of their work. Undo and the history go back to any of these states. A link holds the session itself, after the # that browsers do not send. A snapshot file goes on in a terminal: ",
      h("code", {}, "pyrunner --session FILE"),
      ", and comes back.",
    ),
    h("p", { class: "muted" }, isolation),
    h("h3", {}, "Keys"),
    h("dl", { class: "keys" }, ...keys.flatMap(([key, meaning]) => [h("dt", {}, key), h("dd", {}, meaning)])),
  ]);
}
