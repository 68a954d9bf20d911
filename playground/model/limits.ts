/** What a session may take: visible in the page, and changeable. */
export interface Limits {
  readonly memoryBytes: number;
  /** Of each cell, by the clock. Absent: no limit. */
  readonly timeoutMs?: number;
}

const mebibyte = 1024 * 1024;

export const memoryChoices = [64, 128, 256, 512, 1024, 2048].map((count) => count * mebibyte);
export const timeoutChoices = [undefined, 1000, 5000, 30_000, 120_000];

/** Of one cell. What is beyond ends it. */
export const maxOutputBytes = 64 * mebibyte;

/** Small devices end pages that take much. */
export function defaultLimits(): Limits {
  const { deviceMemory } = navigator as { deviceMemory?: number };
  const isSmall = (deviceMemory ?? 8) <= 4 || matchMedia("(pointer: coarse)").matches;
  return { memoryBytes: (isSmall ? 256 : 512) * mebibyte };
}

export function inBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  let amount = bytes;
  let unit = "B";
  for (const next of units) {
    if (amount < 1000) break;
    amount /= 1024;
    unit = next;
  }
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

export function inTime(timeMs: number): string {
  if (timeMs < 1) return "under 1 ms";
  if (timeMs < 1000) return `${Math.round(timeMs)} ms`;
  if (timeMs < 60_000) return `${Number((timeMs / 1000).toPrecision(3))} s`;
  return `${Number((timeMs / 60_000).toPrecision(3))} min`;
}
