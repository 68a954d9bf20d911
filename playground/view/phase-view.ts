/** How a session is at the moment: below the editor, and where there is none, at the top of the page. */
import type { Language } from "wasm-repl/browser";
import { inBytes, inTime, type Limits } from "../model/limits.js";
import type { Phase } from "../model/notebook.js";
import { byId, h } from "./dom.js";
import type { Notices } from "./notices.js";

export interface PhaseActions {
  retry(): void;
  changeLimits(): void;
  /** A new session with the cells of this one. */
  beginAnew(): void;
}

export interface PhaseView {
  show(phase: Phase): void;
  /** @param usedBytes Absent: not known yet. */
  showLimits(limits: Limits, usedBytes: number | undefined): void;
  close(): void;
}

export function createPhaseView(language: Language, notices: Notices, actions: PhaseActions): PhaseView {
  const name = language === "python" ? "Python" : "JavaScript";
  let clock: ReturnType<typeof setInterval> | undefined;

  function showStatus(text: string): void {
    byId("status").textContent = text;
  }

  function showLoading({ progress }: Extract<Phase, { is: "loading" }>): void {
    const { loadedBytes = 0, totalBytes = 0 } = progress ?? {};
    const label = "Loading the interpreter";
    byId("progress").replaceChildren(
      h("progress", { max: totalBytes || 1, value: loadedBytes, "aria-label": label }),
    );
    const amount = `${inBytes(loadedBytes)} of ${inBytes(totalBytes)}`;
    showStatus(totalBytes === 0 ? `Starting ${name}…` : `Loading ${name}: ${amount}`);
  }

  function showRunning(): void {
    const since = performance.now();
    showStatus("Running…");
    clock = setInterval(() => {
      showStatus(`Running… ${Math.floor((performance.now() - since) / 1000)} s`);
    }, 1000);
  }

  function showFailure({ message, code }: Extract<Phase, { is: "failed" }>): void {
    showStatus("No interpreter");
    const retry = { text: "Retry", act: actions.retry };
    const limits = { text: "Limits", act: actions.changeLimits };
    const anew = { text: "Begin anew with its cells", act: actions.beginAnew };
    if (code === "RUNTIME_MISMATCH") {
      const text =
        "This session was made with another version of the interpreter, and its state cannot be opened here. Its cells can.";
      notices.show("failed", text, [anew], true);
    } else if (code === "RUNTIME_UNAVAILABLE") {
      notices.show("failed", `The interpreter could not be loaded: ${lastPart(message)}.`, [retry], true);
    } else {
      notices.show("failed", `The session cannot be opened: ${message}`, [retry, limits, anew], true);
    }
  }

  return {
    show(phase) {
      clearInterval(clock);
      notices.hide("failed");
      byId("progress").hidden = phase.is !== "loading";
      if (phase.is === "loading") showLoading(phase);
      if (phase.is === "ready") showStatus("");
      if (phase.is === "moving") showStatus("Going there…");
      if (phase.is === "running") showRunning();
      if (phase.is === "failed") showFailure(phase);
    },
    showLimits({ memoryBytes, timeoutMs }, usedBytes) {
      const used = usedBytes === undefined ? "" : `${inBytes(usedBytes)} of `;
      const time = timeoutMs === undefined ? "no time limit" : `${inTime(timeoutMs)} a cell`;
      byId("limits").replaceChildren(
        h("span", {}, `${used}${inBytes(memoryBytes)}`),
        h("span", { class: "limits-time" }, `· ${time}`),
      );
    },
    close() {
      clearInterval(clock);
      notices.hide("failed");
    },
  };
}

/** Of a message that says what failed because of what. */
function lastPart(message: string): string {
  return message.slice(message.lastIndexOf(": ") + 2);
}
