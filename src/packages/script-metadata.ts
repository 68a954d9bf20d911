import { guestPythonVersion } from "./markers.js";
import { packageError } from "./package-error.js";
import { parseSpecifiers, parseVersion, satisfies, type Version } from "./versions.js";

/**
 * The requirements that a script names in a comment (`# /// script`, PEP 723). `PACKAGES_UNAVAILABLE` if they cannot be
 * read, or the script is for another Python.
 */
export function scriptRequirements(code: string): string[] {
  const blocks = [
    ...code.matchAll(/^# \/\/\/ script[ \t]*\r?\n((?:#(?: [^\r\n]*)?\r?\n)*?)# \/\/\/[ \t]*\r?$/gm),
  ];
  const [block] = blocks;
  if (block === undefined) return [];
  if (blocks.length > 1) throw packageError("the script names its packages twice");
  const toml = (block[1] ?? "").replaceAll(/^# ?/gm, "");
  const python = /^requires-python\s*=\s*("[^"\n]*"|'[^'\n]*')/m.exec(toml)?.[1]?.slice(1, -1);
  if (python !== undefined) {
    const specifiers = parseSpecifiers(python);
    if (specifiers === undefined || !satisfies(parseVersion(guestPythonVersion) as Version, specifiers)) {
      throw packageError(`the script is for Python ${python}, and this is ${guestPythonVersion}`);
    }
  }
  const start = /^dependencies\s*=\s*\[/m.exec(toml);
  return start === null ? [] : readStrings(toml.slice(start.index + start[0].length));
}

/** The strings of an array in TOML, up to its end. */
function readStrings(text: string): string[] {
  const strings: string[] = [];
  const token = /\s*(?:#[^\n]*|(,)|(\])|"((?:[^"\\\n]|\\["\\])*)"|'([^'\n]*)')/y;
  for (;;) {
    const match = token.exec(text);
    if (match === null) throw packageError("the script's dependencies are no list of strings");
    const [, , end, basic, literal] = match;
    if (end !== undefined) return strings;
    const value = basic?.replaceAll(/\\(["\\])/g, "$1") ?? literal;
    if (value !== undefined) strings.push(value);
  }
}
