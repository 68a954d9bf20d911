/** Dialogs: the browser's own, which keep the focus inside and give it back. */
import { button, h } from "./dom.js";

export interface OpenDialog {
  readonly element: HTMLDialogElement;
  close(): void;
}

/** @param onClose However it was closed. */
export function openDialog(
  title: string,
  content: readonly (Node | string)[],
  onClose: () => void = () => {},
): OpenDialog {
  const close = () => element.close();
  const heading = h("h2", { id: "dialog-title", tabindex: "-1" }, title);
  const element = h(
    "dialog",
    {
      "aria-labelledby": "dialog-title",
      onclose() {
        element.remove();
        onClose();
      },
      // On the backdrop, which belongs to the dialog.
      onclick: (event) => event.target === element && close(),
    },
    h(
      "div",
      { class: "dialog-body" },
      h("header", {}, heading, button({ class: "ghost", icon: "close", label: "Close", onclick: close })),
      ...content,
    ),
  );
  document.body.append(element);
  element.showModal();
  heading.focus();
  return { element, close };
}
