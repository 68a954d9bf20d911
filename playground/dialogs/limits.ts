import { inBytes, inTime, type Limits, memoryChoices, timeoutChoices } from "../model/limits.js";
import { openDialog } from "../view/dialog.js";
import { h } from "../view/dom.js";

export function showLimits(limits: Limits, apply: (limits: Limits) => void): void {
  const memory = h(
    "select",
    { id: "limit-memory" },
    ...memoryChoices.map((bytes) => option(String(bytes), inBytes(bytes), bytes === limits.memoryBytes)),
  );
  const time = h(
    "select",
    { id: "limit-time" },
    ...timeoutChoices.map((timeMs) =>
      option(
        String(timeMs ?? ""),
        timeMs === undefined ? "no limit" : inTime(timeMs),
        timeMs === limits.timeoutMs,
      ),
    ),
  );
  const { close } = openDialog("Limits", [
    h("p", { class: "muted" }, "A cell that goes over them is stopped, and the session goes on."),
    h(
      "form",
      {
        class: "fields",
        onsubmit(event) {
          event.preventDefault();
          const timeoutMs = Number(time.value);
          apply({ memoryBytes: Number(memory.value), ...(timeoutMs === 0 ? {} : { timeoutMs }) });
          close();
        },
      },
      h("label", { for: "limit-memory" }, "Memory of the session"),
      memory,
      h("label", { for: "limit-time" }, "Time of each cell"),
      time,
      h("button", { class: "primary" }, "Apply"),
    ),
  ]);
}

function option(value: string, text: string, selected: boolean): HTMLOptionElement {
  return h("option", { value, selected }, text);
}
