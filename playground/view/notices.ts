/** What the visitor must hear of, at the top of the page, until it is dealt with. */
import { button, h } from "./dom.js";

export interface NoticeAction {
  readonly text: string;
  act(): void;
}

export interface Notices {
  /** One of each name is shown: a later one takes its place. It can be put away, unless it needs an answer. */
  show(name: string, text: string, actions?: readonly NoticeAction[], needsAnswer?: boolean): void;
  hide(name: string): void;
}

export function createNotices(host: HTMLElement): Notices {
  const shown = new Map<string, HTMLElement>();

  function hide(name: string): void {
    shown.get(name)?.remove();
    shown.delete(name);
  }

  return {
    hide,
    show(name, text, actions = [], needsAnswer = false) {
      hide(name);
      const buttons = actions.map(({ text, act }) =>
        button({
          class: "small",
          text,
          onclick() {
            hide(name);
            act();
          },
        }),
      );
      const element = h(
        "div",
        { class: "notice", role: "alert", "data-notice": name },
        h("p", {}, text),
        ...buttons,
        !needsAnswer &&
          button({
            class: "ghost",
            icon: "close",
            label: "Put this message away",
            onclick: () => hide(name),
          }),
      );
      shown.set(name, element);
      host.append(element);
    },
  };
}
