import { ErrnoError } from "../../errno.js";
import type { FileSystem } from "../../vfs/types.js";

/** Modules that come with the guest: their names, `node:` left out, and their source texts. */
export type BuiltinModules = Readonly<Record<string, string>>;

/** A module that cannot be had. The message is for the guest's code. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
}

/** A module imports it at its end to be told what `import.meta` holds: by then it is compiled, and has not run. */
export const metaSpecifier = "wasm-repl:import-meta";

const maxSourceBytes = 64 * 1024 * 1024;

/**
 * The absolute guest path, or `node:` name, that a specifier means in a module. `base` is the importing module's
 * own name; where that is no path (a cell, `-e`), relative specifiers start at `cwd`.
 */
export function resolveModule(
  specifier: string,
  base: string,
  cwd: string,
  builtins: BuiltinModules,
): string {
  if (specifier === metaSpecifier) return specifier;
  const builtin = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
  if (Object.hasOwn(builtins, builtin)) return `node:${builtin}`;
  if (specifier.startsWith("node:")) throw new ModuleError(`No such built-in module: ${specifier}`);
  if (specifier.startsWith("/")) return joinPath("/", specifier);
  if (/^\.\.?(\/|$)/.test(specifier)) {
    return joinPath(base.startsWith("/") ? base.slice(0, base.lastIndexOf("/") + 1) : cwd, specifier);
  }
  throw new ModuleError(
    `Cannot find package '${specifier}' imported from ${base}: only paths that begin with './', '../' or '/' can be imported`,
  );
}

/** The source text of a module that `resolveModule` named. */
export function loadModule(name: string, fileSystem: FileSystem, builtins: BuiltinModules): string {
  if (name === metaSpecifier) return "";
  if (name.startsWith("node:")) return withMeta(builtins[name.slice(5)] ?? "");
  if (name.endsWith(".cjs")) return withMeta(`export default import.meta.require(${JSON.stringify(name)});`);
  const text = readSource(name, fileSystem);
  if (!name.endsWith(".json")) return withMeta(text);
  return jsonModule(name, text);
}

function withMeta(text: string): string {
  return /\bimport\b/.test(text) && /\bmeta\b/.test(text) ? `${text}\nimport "${metaSpecifier}";` : text;
}

function joinPath(directory: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${relative.startsWith("/") ? "" : directory}/${relative}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function readSource(path: string, fileSystem: FileSystem): string {
  try {
    const file = fileSystem.open(path, { read: true });
    try {
      if (file.type === "directory") throw new ModuleError(`Cannot import a directory: ${path}`);
      const { size } = file.stat();
      if (size > maxSourceBytes) throw new ModuleError(`Module is too large: ${path}`);
      const bytes = new Uint8Array(size);
      let length = 0;
      while (length < size) {
        const count = file.read(bytes.subarray(length));
        if (count === 0) break;
        length += count;
      }
      return new TextDecoder().decode(bytes.subarray(0, length));
    } finally {
      file.close();
    }
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    if (error.errno === "ENOENT") throw new ModuleError(`Cannot find module '${path}'`);
    throw new ModuleError(`Cannot read module '${path}': ${error.errno}`);
  }
}

/** The guest parses it: what comes of a text of brackets takes many times its memory, which is to be the guest's. */
function jsonModule(name: string, text: string): string {
  return [
    "let value;",
    `try { value = JSON.parse(${JSON.stringify(text)}); }`,
    `catch (error) { error.message = ${JSON.stringify(`${name}: it is no JSON: `)} + error.message; throw error; }`,
    "export default value;",
  ].join("\n");
}

/** The text, or why the code that imports cannot have it. */
export function moduleText(text: () => string): string | ModuleError {
  try {
    return text();
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
}
