import { type Example, examples } from "../model/examples.js";
import { openDialog } from "../view/dialog.js";
import { h } from "../view/dom.js";

export function exampleCards(choose: (example: Example) => void): HTMLElement {
  const cards = examples.map((example) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "card", onclick: () => choose(example) },
        h("strong", {}, example.title),
        h("span", {}, example.text),
      ),
    ),
  );
  return h("ul", { class: "cards" }, ...cards);
}

export function showExamples(choose: (example: Example) => void): void {
  const { close } = openDialog("Examples", [
    h("p", { class: "muted" }, "Each begins a new session. Its cells wait in the editor until you run them."),
    exampleCards((example) => {
      close();
      choose(example);
    }),
  ]);
}
