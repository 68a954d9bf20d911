import { WasmReplError } from "../errors.js";

const prefix = "session-";
/** The most characters of an encoded name: what file systems allow, less what temporaries add and some reserve. */
const maxEncodedLength = 200;
const plain = /[a-z0-9_-]/;
const encodedPattern = /^session-((?:[a-z0-9_-]|%[0-9a-f]{2})+)$/;

/**
 * The name of the file for a session of any name, different for different names on every file system: those that know
 * no capital letters or bring Unicode to one form among them. Small letters, digits, `_` and `-` stand for
 * themselves, every other byte of UTF-8 is `%` and two digits; no dot, which temporaries have. `INVALID_OPTION` for a name that is longer than a
 * file's can be, or no Unicode.
 */
export function stateFileName(name: string): string {
  if (/\p{Surrogate}/u.test(name)) {
    throw new WasmReplError(
      "INVALID_OPTION",
      "the name of a session that is kept must be well-formed Unicode",
    );
  }
  const encoded = Array.from(new TextEncoder().encode(name), (byte) => {
    const character = String.fromCharCode(byte);
    return plain.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  if (encoded.length > maxEncodedLength) {
    throw new WasmReplError(
      "INVALID_OPTION",
      `the name of a session that is kept is too long: it takes ${encoded.length} characters as a file's name, and ${maxEncodedLength} are the most (a small letter or digit takes one, others three for each byte of UTF-8)`,
    );
  }
  return prefix + encoded;
}

/** The session that a file is of; undefined if its name is none that `stateFileName` gives. */
export function sessionNameOf(file: string): string | undefined {
  const [, encoded] = encodedPattern.exec(file) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const name = decodeURIComponent(encoded);
    return stateFileName(name) === file ? name : undefined;
  } catch {
    return undefined;
  }
}
