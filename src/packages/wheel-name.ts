import { normalName } from "./requirement.js";
import { parseVersion, type Version } from "./versions.js";

/** What a wheel's file name says of it. */
export interface WheelName {
  readonly file: string;
  readonly name: string;
  readonly version: Version;
  /** How well it fits this interpreter, more being better; undefined if it does not. */
  readonly rank: number | undefined;
}

const pattern = /^([a-z0-9](?:[a-z0-9._]*[a-z0-9])?)-([^-]+)(?:-(\d[^-]*))?-([^-]+)-([^-]+)-([^-]+)\.whl$/i;

/** The platform that native code is for: the ABI of the bundled interpreter, and no other. */
const platform = "pyemscripten_2026_0_wasm32";
const minor = 14;

/** Undefined: it is no wheel. */
export function parseWheelName(file: string): WheelName | undefined {
  const [, name, versionText = "", , pythons = "", abis = "", platforms = ""] = pattern.exec(file) ?? [];
  const version = parseVersion(versionText.replaceAll("_", "-"));
  if (name === undefined || version === undefined) return undefined;
  const ranks = pythons
    .split(".")
    .flatMap((python) =>
      abis.split(".").flatMap((abi) => platforms.split(".").map((each) => rankOf(python, abi, each))),
    )
    .filter((rank) => rank !== undefined);
  return { file, name: normalName(name), version, rank: ranks.length === 0 ? undefined : Math.max(...ranks) };
}

function rankOf(python: string, abi: string, where: string): number | undefined {
  const [, kind, digits] = /^(cp|py)(3\d*)$/.exec(python.toLowerCase()) ?? [];
  if (digits === undefined) return undefined;
  const own = digits === "3" ? 0 : Number(digits.slice(1));
  if (own > minor) return undefined;
  const isNative = where === platform;
  if (!isNative && where !== "any") return undefined;
  if (abi === `cp3${minor}`) return isNative && kind === "cp" && own === minor ? 4000 : undefined;
  if (abi === "abi3") return isNative && kind === "cp" && own >= 2 ? 3000 + own : undefined;
  if (abi !== "none") return undefined;
  if (kind === "cp" && own !== minor && own !== 0) return undefined;
  return (isNative ? 2000 : 1000) + own;
}
