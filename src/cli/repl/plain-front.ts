import type { Entry, Front, PromptSource } from "./front.js";

/** A terminal that can do nothing but lines: it edits them itself, and Ctrl-C comes as a signal. */
export function openPlainFront(
  source: PromptSource,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Front {
  const lines: string[] = [];
  let rest = "";
  let ended = false;
  let interrupt: (() => void) | undefined;
  /** Ctrl-C came when nothing could be interrupted yet. */
  let isInterrupted = false;
  let wake: ((entry: Entry) => void) | undefined;

  function deliver(): void {
    if (wake === undefined) return;
    const line = lines.shift();
    if (line === undefined && !ended) return;
    const resolve = wake;
    wake = undefined;
    resolve(line === undefined ? { type: "end" } : { type: "text", text: line });
  }

  input.setEncoding("utf8");
  input.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    deliver();
  });
  input.on("end", () => {
    ended = true;
    deliver();
  });

  function readLine(): Promise<Entry> {
    return new Promise((resolve) => {
      wake = resolve;
      deliver();
    });
  }

  process.on("SIGINT", () => {
    output.write("\n");
    if (wake === undefined) {
      if (interrupt === undefined) isInterrupted = true;
      else interrupt();
      return;
    }
    const resolve = wake;
    wake = undefined;
    resolve({ type: "interrupt" });
  });

  return {
    onInterrupt(action) {
      interrupt = action;
      if (action !== undefined && isInterrupted) action();
      isInterrupted = false;
    },
    async readStatement({ first, next }) {
      let text = "";
      for (let prompt = first; ; prompt = next) {
        output.write(prompt);
        const entry = await readLine();
        if (entry.type === "end" && text === "") output.write("\n");
        if (entry.type !== "text")
          return entry.type === "end" && text !== "" ? { type: "text", text } : entry;
        text = prompt === first && text === "" ? entry.text : `${text}\n${entry.text}`;
        if (source.isGivenUp(text)) return { type: "interrupt" };
        if (/^\s*$/.test(text) || source.isCommand(text) || (await source.isComplete(text))) {
          return { type: "text", text };
        }
      }
    },
    readLine,
    async page(text) {
      output.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    announce: (line) => void output.write(`\n${line}\n`),
    // The terminal itself knows Ctrl-Z.
    onSuspend() {},
    pause: () => input.pause(),
    resume: () => input.resume(),
  };
}
