import type { ToolContext } from "./tool.js";

/** A client is told no more often than this. */
const leastIntervalMs = 200;
/** And so often at least, since many give up on what says nothing. */
const heartbeatMs = 10_000;
/** The most characters of output in one notification: the last ones count. */
const longestMessage = 4000;

/** Tells a client what a run writes while it runs. */
export interface ProgressReport {
  write(text: string): void;
  /** Nothing is told from now on. */
  end(): void;
}

/** @param tell One at a time: what comes meanwhile is told together afterwards. */
export function createProgressReport(tell: NonNullable<ToolContext["tellProgress"]>): ProgressReport {
  const startMs = Date.now();
  let text = "";
  let count = 0;
  let isTelling = false;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;

  async function send(): Promise<void> {
    if (hasEnded) return;
    const message = text === "" ? `running for ${Math.round((Date.now() - startMs) / 1000)} s` : text;
    text = "";
    isTelling = true;
    clearTimeout(timer);
    // A client that has gone is noticed elsewhere.
    await tell(++count, message).catch(() => {});
    wait(leastIntervalMs);
  }

  /** Until more may be told, and then until something is to be told. */
  function wait(intervalMs: number): void {
    if (hasEnded) return;
    timer = setTimeout(() => {
      isTelling = false;
      if (text !== "") void send();
      else timer = setTimeout(() => void send(), heartbeatMs);
    }, intervalMs);
  }

  timer = setTimeout(() => void send(), heartbeatMs);
  return {
    write(piece) {
      const all = text + piece;
      text = all.length > longestMessage ? `…${all.slice(1 - longestMessage)}` : all;
      if (!isTelling) void send();
    },
    end() {
      hasEnded = true;
      clearTimeout(timer);
    },
  };
}
