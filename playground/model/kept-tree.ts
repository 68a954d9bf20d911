/** What is kept of a session's tree between visits, as JSON. Its states are files beside it. */
import type { Display, Language } from "wasm-repl/browser";
import { fromBase64Url, toBase64Url } from "./base64.js";
import type { Outcome } from "./outcome.js";
import { createOutputLog, type KeptLog, keptLog } from "./output-log.js";
import { type Step, type Steps, stepOf } from "./steps.js";

const format = 1;

/** A cell's pictures and tables are kept up to this much text. */
const mostDisplayText = 4_000_000;

export interface KeptTree {
  readonly language: Language;
  readonly name: string;
  readonly steps: Steps;
}

type KeptOutcome = Omit<Outcome, "log" | "display"> & { log: KeptLog; display: string };
type KeptStep = Omit<Step, "outcome"> & { outcome?: KeptOutcome };

/** Without a cell that has not ended: it is as if it had not begun, should the page end before it. */
export function writeTree({ language, name, steps }: KeptTree): string {
  const hasEnded = ({ kind, outcome }: Step) => kind !== "cell" || outcome !== undefined;
  const current = stepOf(steps, steps.head);
  const head = hasEnded(current) ? current.id : current.parent;
  const ended = [...steps.all.values()].filter(hasEnded);
  const kept = ended.map(({ outcome, ...step }): KeptStep => {
    return outcome === undefined ? step : { ...step, outcome: keptOutcome(outcome) };
  });
  return JSON.stringify({ format, language, name, head, steps: kept });
}

/** Throws if it is none that this version of the page reads. */
export function readTree(text: string): KeptTree {
  const { format: written, language, name, head, steps } = JSON.parse(text);
  if (written !== format) throw new Error(`it is of the format ${written}, and this page reads ${format}`);
  const all = new Map<number, Step>();
  for (const { outcome, ...step } of steps as KeptStep[]) {
    all.set(step.id, outcome === undefined ? step : { ...step, outcome: readOutcome(outcome) });
  }
  if (!all.has(head)) throw new Error("its current step is missing");
  return { language, name, steps: { all, head } };
}

function keptOutcome({ log, display, ...rest }: Outcome): KeptOutcome {
  const text = JSON.stringify(display, (_, value) => {
    return value instanceof Uint8Array ? { $bytes: toBase64Url(value) } : value;
  });
  return { ...rest, log: keptLog(log), display: text.length > mostDisplayText ? "[]" : text };
}

function readOutcome({ log, display, ...rest }: KeptOutcome): Outcome {
  const shown: Display[] = JSON.parse(display, (_, value) => {
    return typeof value?.$bytes === "string" ? fromBase64Url(value.$bytes) : value;
  });
  return { ...rest, log: createOutputLog(log), display: shown };
}
