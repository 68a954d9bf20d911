import { components, isValidName } from "./names.js";

/** `ro`: read-only. `rw`: changes go to the host. `overlay`: changes stay in memory and can be listed. */
export type MountMode = "ro" | "rw" | "overlay";

/** A host directory that the guest sees. */
export interface Mount {
  readonly hostPath: string;
  /** Absolute. Mounts may lie below each other, in any order. */
  readonly guestPath: string;
  /** Default `ro`. */
  readonly mode?: MountMode;
}

/** A mount that was asked for and cannot be: a usage error, told before anything runs. */
export class MountError extends Error {
  override readonly name = "MountError";
  readonly code = "invalid_mount";
}

const modes: ReadonlySet<string> = new Set<MountMode>(["ro", "rw", "overlay"]);

/**
 * Reads `HOST:GUEST` or `HOST:GUEST:MODE`. It is read from its end, so the host path may hold colons (a Windows
 * drive letter, say) and the guest path none. Fails with a `MountError` of one line.
 */
export function parseMount(spec: string): Mount {
  const parts = spec.split(":");
  const last = parts.at(-1) ?? "";
  const mode = modes.has(last) ? (last as MountMode) : "ro";
  if (modes.has(last)) parts.pop();
  const guestPath = parts.pop() ?? "";
  const hostPath = parts.join(":");
  if (parts.length === 0 || hostPath === "" || guestPath === "") {
    throw new MountError(`mount ${quote(spec)}: expected HOST:GUEST, or HOST:GUEST:ro, :rw or :overlay`);
  }
  if (!guestPath.startsWith("/") && parts.length > 1 && parts.at(-1)?.startsWith("/")) {
    throw new MountError(
      `mount ${quote(spec)}: unknown mode ${quote(guestPath)}, expected ro, rw or overlay`,
    );
  }
  checkGuestPath(spec, guestPath);
  return { hostPath, guestPath, mode };
}

/**
 * Fails with a `MountError` if a guest path is not absolute and plain, a mode is unknown, or a guest path is given
 * twice. The host paths are for the platform to look at.
 */
export function checkMounts(mounts: readonly Mount[]): void {
  const seen = new Set<string>();
  for (const { hostPath, guestPath, mode = "ro" } of mounts) {
    const what = `${hostPath}:${guestPath}`;
    checkGuestPath(what, guestPath);
    if (!modes.has(mode)) throw new MountError(`mount ${quote(what)}: unknown mode ${quote(String(mode))}`);
    const plain = plainGuestPath(guestPath);
    if (seen.has(plain)) throw new MountError(`mount ${quote(what)}: ${quote(plain)} is mounted twice`);
    seen.add(plain);
  }
}

/** The path without doubled and trailing slashes. */
export function plainGuestPath(guestPath: string): string {
  return `/${components(guestPath).join("/")}`;
}

function checkGuestPath(what: string, guestPath: string): void {
  if (!guestPath.startsWith("/")) {
    throw new MountError(`mount ${quote(what)}: the guest path ${quote(guestPath)} is not absolute`);
  }
  if (!components(guestPath).every(isValidName)) {
    throw new MountError(
      `mount ${quote(what)}: the guest path ${quote(guestPath)} must be plain, without . and ..`,
    );
  }
}

/** On one line, whatever is in it. */
function quote(text: string): string {
  return JSON.stringify(text);
}
