import { ErrorOfTypes, stripTypes } from "../../abi/swc/strip-types.js";
import { ErrnoError } from "../../errno.js";
import { ModuleError } from "./modules/error.js";

/** Whether a file of the name is TypeScript. */
export function isTypeScriptFile(name: string): boolean {
  return /\.[mc]?ts$/.test(name);
}

/** Whether the stripper's message is about the end of the text, so that more text may make it right. */
export function isCutShortTypeScript(message: string): boolean {
  return /\beof\b|unterminated (?:template|block comment)/i.test(message);
}

/**
 * TypeScript as JavaScript in which all stays where it was. Throws a `ModuleError` that names the place of what cannot be
 * stripped.
 *
 * @param load Gives the stripper. Absent: there is none.
 */
export function asJavaScript(
  text: string,
  filename: string,
  load: (() => WebAssembly.Module) | undefined,
): string {
  if (load === undefined) {
    throw new ModuleError("ERR_NO_TYPESCRIPT", `${filename} is TypeScript, which is not to be had here`);
  }
  try {
    return stripTypes(load(), text);
  } catch (error) {
    if (error instanceof ErrnoError) {
      const reason = `${filename} is TypeScript, and what strips its types cannot be loaded: ${error.message}`;
      throw new ModuleError("ERR_NO_TYPESCRIPT", reason);
    }
    if (!(error instanceof ErrorOfTypes)) throw error;
    const { line = 1, column = 1, isUnsupported = false } = error.place ?? {};
    throw new ModuleError(
      isUnsupported ? "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" : "ERR_INVALID_TYPESCRIPT_SYNTAX",
      error.message,
      { filename, line, column },
    );
  }
}
