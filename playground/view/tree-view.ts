/** The tree of states: each can be gone back to, and branched from. */
import { type Step, type Steps, titleOf } from "../model/steps.js";
import { type TreeLine, treeRows } from "../model/tree-rows.js";
import { button, h, setProps, svg } from "./dom.js";

export interface TreeActions {
  goTo(step: Step): void;
  remove(step: Step): void;
}

/** In pixels. */
const rowHeight = 32;
const laneWidth = 16;
const inset = 14;
const mostLanes = 8;

export function createTreeView(host: HTMLElement, actions: TreeActions): { show(steps: Steps): void } {
  const list = h("ol", { class: "tree-rows", onkeydown: moveFocus });
  const drawing = svg("svg", { class: "tree-lines", "aria-hidden": "true" });
  host.replaceChildren(drawing as unknown as HTMLElement, list);

  function moveFocus(event: KeyboardEvent): void {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) return;
    const rows = [...list.querySelectorAll<HTMLElement>(".tree-step")];
    const next = rows[rows.indexOf(document.activeElement as HTMLElement) + by];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  }

  return {
    show(steps) {
      const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("[data-step]");
      const keptFocus = list.contains(focused ?? null) ? focused?.dataset.step : undefined;
      const { rows, lines } = treeRows(steps);
      const lanes = Math.min(mostLanes, Math.max(...rows.map(({ lane }) => lane)) + 1);
      const width = inset * 2 + (lanes - 1) * laneWidth;
      const height = rows.length * rowHeight;
      setProps(drawing, { width, height, viewBox: `0 0 ${width} ${height}` });
      const sorted = [...lines].sort((a, b) => Number(a.isOnPath) - Number(b.isOnPath));
      drawing.replaceChildren(
        ...sorted.map((line) => svg("path", { d: pathOf(line), class: line.isOnPath ? "on-path" : "" })),
        ...rows.map(({ step, lane, isOnPath }, row) => {
          const isHead = step.id === steps.head;
          const kinds = [
            isOnPath && "on-path",
            isHead && "head",
            step.outcome?.error !== undefined && "failed",
          ];
          const radius = isHead ? 6 : step.kind === "cell" ? 4 : 3;
          const place = { cx: xOf(lane), cy: yOf(row), r: radius };
          return svg("circle", { ...place, class: kinds.filter(Boolean).join(" ") });
        }),
      );
      list.style.setProperty("--lanes", `${width}px`);
      list.replaceChildren(
        ...rows.map(({ step, isOnPath }) => rowOf(step, isOnPath, step.id === steps.head)),
      );
      if (keptFocus !== undefined)
        list.querySelector<HTMLElement>(`[data-step="${keptFocus}"] .tree-step`)?.focus();
      list.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
    },
  };

  function rowOf(step: Step, isOnPath: boolean, isHead: boolean): HTMLElement {
    const title = titleOf(step);
    const go = h(
      "button",
      {
        type: "button",
        class: "tree-step",
        "aria-current": isHead ? "true" : undefined,
        onclick: () => actions.goTo(step),
      },
      h("span", { class: step.kind === "cell" ? "mono" : "named" }, title.slice(0, 200)),
    );
    const remove = button({
      class: "ghost",
      icon: "close",
      label: `Remove “${title.slice(0, 60)}” and what came from it`,
      onclick: () => actions.remove(step),
    });
    if (step.kind === "cell") setProps(go, { "data-number": step.id });
    const kinds = ["tree-row", isOnPath ? "on-path" : "off-path"].join(" ");
    return h("li", { class: kinds, "data-step": step.id }, go, !isOnPath && remove);
  }
}

const xOf = (lane: number) => inset + Math.min(lane, mostLanes - 1) * laneWidth;
const yOf = (row: number) => row * rowHeight + rowHeight / 2;

/** Down its own lane, after a bend from that of the step before it. */
function pathOf({ from, to }: TreeLine): string {
  const [x1, y1, x2, y2] = [xOf(from.lane), yOf(from.row), xOf(to.lane), yOf(to.row)];
  if (x1 === x2) return `M${x1} ${y1}V${y2}`;
  const bend = y1 + rowHeight;
  return `M${x1} ${y1}C${x1} ${y1 + rowHeight * 0.7} ${x2} ${y1 + rowHeight * 0.3} ${x2} ${bend}V${y2}`;
}
