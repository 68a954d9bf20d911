import { UsageError } from "./usage-error.js";

/** What the options `--timeout`, `--max-memory`, `--max-output`, `--max-file-bytes` and `--max-files` have set. */
export interface Limits {
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
  readonly maxOutputBytes?: number;
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
}

const durationUnitsMs: Readonly<Record<string, number>> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const sizeUnits: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** The limit that an option stands for, or undefined if it stands for none. */
export function parseLimit(option: string, value: () => string): Limits | undefined {
  switch (option) {
    case "--timeout":
      return { timeoutMs: parseDuration(option, value()) };
    case "--max-memory":
      return { memoryBytes: parseSize(option, value()) };
    case "--max-output":
      return { maxOutputBytes: parseSize(option, value()) };
    case "--max-file-bytes":
      return { maxFileBytes: parseSize(option, value()) };
    case "--max-files":
      return { maxFiles: parseCount(option, value()) };
    default:
      return undefined;
  }
}

/** Milliseconds; a plain number stands for seconds. */
function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  const unit = durationUnitsMs[match?.[2]?.toLowerCase() ?? "?"];
  const durationMs = Number(match?.[1]) * (unit ?? Number.NaN);
  if (durationMs > 0) return durationMs;
  throw new UsageError(`${option} takes a time such as 2s, 500ms or 2m, not ${JSON.stringify(text)}`);
}

/** Bytes; `K`, `KB` and `KiB` all stand for 1024 of them, and so on. */
function parseSize(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:([kmg])(?:i?b)?|b)?$/i.exec(text);
  const unit = sizeUnits[match?.[2]?.toLowerCase() ?? ""] as number;
  const bytes = Math.floor(Number(match?.[1]) * unit);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new UsageError(`${option} takes a size such as 64KB, 256MB or 1G, not ${JSON.stringify(text)}`);
}

function parseCount(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count > 0 && Number.isSafeInteger(count)) return count;
  throw new UsageError(`${option} takes a positive whole number, not ${JSON.stringify(text)}`);
}
