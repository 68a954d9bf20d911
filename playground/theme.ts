import { readTheme, type Theme, writeTheme } from "./settings.js";
import { icon } from "./view/dom.js";

/** As the system has it, until the button says otherwise. */
export function startTheme(button: HTMLButtonElement): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const current = (): Theme => readTheme() ?? (system.matches ? "dark" : "light");

  function show(): void {
    const theme = current();
    document.documentElement.dataset.theme = theme;
    const label = theme === "dark" ? "Light colours" : "Dark colours";
    button.replaceChildren(icon(theme === "dark" ? "sun" : "moon"));
    button.title = label;
    button.setAttribute("aria-label", label);
  }

  button.addEventListener("click", () => {
    writeTheme(current() === "dark" ? "light" : "dark");
    show();
  });
  system.addEventListener("change", show);
  show();
}
