import { openDialog } from "../view/dialog.js";
import { button, byId, h } from "../view/dom.js";

/** On small screens: what else the bar has, by the buttons that are not to be seen there. */
export function showMore(ids: readonly string[]): void {
  const entries = ids.map((id) => {
    const original = byId(id);
    return button({
      class: "menu-entry",
      text: original.textContent?.trim() || original.getAttribute("aria-label") || id,
      onclick() {
        close();
        original.click();
      },
    });
  });
  const { close } = openDialog("More", [h("div", { class: "menu" }, ...entries)]);
}
