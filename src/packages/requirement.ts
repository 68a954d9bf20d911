/** What is asked of a package, as PEP 508 has it: `name[extra]>=1.2; marker`. */
import { evaluateMarker, guestEnvironment } from "./markers.js";
import { packageError } from "./package-error.js";
import { parseSpecifiers, type Specifier } from "./versions.js";

export interface Requirement {
  /** As `normalName` has it. */
  readonly name: string;
  readonly extras: readonly string[];
  readonly specifiers: readonly Specifier[];
  /** Holds with these extras of the package that has the requirement. */
  holds(extras: readonly string[]): boolean;
  readonly text: string;
}

/** The one form of a package's name. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

const longestRequirement = 2000;
const pattern =
  /^\s*([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(@[^;]*)?(?:\(([^)]*)\)|([^;@]*))?\s*(?:;(.*))?$/is;

/**
 * @throws WasmReplError `PACKAGES_UNAVAILABLE` for what is no requirement, or one that names its file by a URL.
 */
export function parseRequirement(text: string): Requirement {
  const match = text.length > longestRequirement ? null : pattern.exec(text);
  const [, name, extras = "", url, bracketed, plain, marker] = match ?? [];
  if (name === undefined) throw wrong(text);
  if (url !== undefined) throw packageError(`${name} is asked for by a URL; give the file with --find-links`);
  const specifiers = parseSpecifiers(bracketed ?? plain ?? "");
  if (specifiers === undefined) throw wrong(text);
  const holds = (given: readonly string[]) =>
    marker === undefined
      ? true
      : ["", ...given].map((extra) => evaluateMarker(marker, { ...guestEnvironment, extra })).includes(true);
  if (marker !== undefined && evaluateMarker(marker, { ...guestEnvironment, extra: "" }) === undefined) {
    throw wrong(text);
  }
  return {
    name: normalName(name),
    extras: extras
      .split(",")
      .map((extra) => normalName(extra.trim()))
      .filter((extra) => extra !== ""),
    specifiers,
    holds,
    text: text.trim(),
  };
}

function wrong(text: string) {
  return packageError(`${JSON.stringify(text.slice(0, 100))} is no requirement; write NAME or NAME>=VERSION`);
}

/** Splits what stands behind `--with`: requirements with commas between them, which also stand within some. */
export function splitRequirements(text: string): string[] {
  return text
    .split(/,(?![^[(]*[\])])(?=\s*[a-z0-9])/i)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
