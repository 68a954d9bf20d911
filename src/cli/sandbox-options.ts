import { type Mount, parseMount } from "../vfs/mount-spec.js";
import { UsageError } from "./usage-error.js";

/** What every command lets its user give to the guest. */
export interface SandboxOptions {
  readonly mounts: Mount[];
  /** The guest's variables; nothing is inherited. */
  readonly env: Record<string, string>;
  /** A directory with an interpreter to run instead of the bundled one. */
  runtimeDirectory?: string;
}

/** Lets terminals get the guest's output as it is. */
export const rawOutputOption = "--raw-output";

export function noSandboxOptions(): SandboxOptions {
  return { mounts: [], env: Object.create(null) };
}

/**
 * Takes `--mount` and `--env`; false for any other option. `value` gives the option's value. Throws a `UsageError`
 * or a `MountError`; whether the host's directories exist is for `checkHostMounts`.
 */
export function takeSandboxOption(into: SandboxOptions, option: string, value: () => string): boolean {
  if (option === "--mount") into.mounts.push(parseMount(value()));
  else if (option === "--env") setVariable(into.env, value());
  else return false;
  return true;
}

function setVariable(env: Record<string, string>, text: string): void {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new UsageError(`--env needs NAME=VALUE, not '${text}'`);
  if (text.includes("\0")) throw new UsageError("--env cannot hold a NUL character");
  env[text.slice(0, equals)] = text.slice(equals + 1);
}

const mebibyte = 2 ** 20;
/** What 32-bit WebAssembly can address. */
const mostMemoryBytes = 2 ** 32;

/** Bytes of memory from `512M` or `2G`; a bare number counts bytes, as in other commands. */
export function parseMemorySize(option: string, text: string): number {
  const match = /^(\d+)(?:([KMG])(?:i?B)?)?$/i.exec(text);
  const scale = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match?.[2]?.toUpperCase() as "K" | "M" | "G"] ?? 1;
  const bytes = match === null ? Number.NaN : Number(match[1]) * scale;
  if (!(bytes >= mebibyte && bytes <= mostMemoryBytes)) {
    throw new UsageError(`${option} needs a size from 1M to 4G, not '${text}'`);
  }
  return bytes;
}
