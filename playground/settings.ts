/** Small things that the browser remembers. Where it refuses to, they last as long as the page. */
import type { Language } from "wasm-repl/browser";
import { defaultLimits, type Limits, memoryChoices } from "./model/limits.js";

const prefix = "wasm-repl.";

function read(storage: () => Storage, name: string): string | undefined {
  try {
    return storage().getItem(prefix + name) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: () => Storage, name: string, value: string): void {
  try {
    storage().setItem(prefix + name, value);
  } catch {
    // Nothing depends on it.
  }
}

const local = () => localStorage;
const ofTab = () => sessionStorage;

export type Theme = "light" | "dark";

/** Undefined: as the system has it. */
export function readTheme(): Theme | undefined {
  const theme = read(local, "theme");
  return theme === "light" || theme === "dark" ? theme : undefined;
}

export function writeTheme(theme: Theme): void {
  write(local, "theme", theme);
}

export function readLimits(): Limits {
  const limits = defaultLimits();
  try {
    const { memoryBytes, timeoutMs } = JSON.parse(read(local, "limits") ?? "{}");
    return {
      memoryBytes: memoryChoices.includes(memoryBytes) ? memoryBytes : limits.memoryBytes,
      ...(Number.isInteger(timeoutMs) && timeoutMs > 0 ? { timeoutMs } : {}),
    };
  } catch {
    return limits;
  }
}

export function writeLimits(limits: Limits): void {
  write(local, "limits", JSON.stringify(limits));
}

/** The session that this tab has, or that the last one had. */
export function lastSession(): string | undefined {
  return read(ofTab, "session") ?? read(local, "session");
}

export function rememberSession(id: string): void {
  write(ofTab, "session", id);
  write(local, "session", id);
}

export function lastLanguage(): Language {
  return read(local, "language") === "javascript" ? "javascript" : "python";
}

export function rememberLanguage(language: Language): void {
  write(local, "language", language);
}
