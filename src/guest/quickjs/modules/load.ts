import { isTypeScriptFile } from "../typescript.js";
import { type ModuleShape, maxNames, shapeOf } from "./commonjs-names.js";
import { ModuleError } from "./error.js";
import type { ModuleFiles } from "./files.js";
import { type BuiltinModules, joinPath, packageOf, resolveModule } from "./resolve.js";

/**
 * A module imports one of these at its end to be told what `import.meta` holds: by then it is compiled, and has not run.
 * The numbers are the driver's for what else is wanted there: `require` of a CommonJS module, the bytes of a file.
 */
export const metaSpecifiers = {
  "wasm-repl:import-meta": 0,
  "wasm-repl:commonjs": 1,
  "wasm-repl:bytes": 2,
} as const;

type MetaSpecifier = keyof typeof metaSpecifiers;

export function isMetaSpecifier(specifier: string): specifier is MetaSpecifier {
  return Object.hasOwn(metaSpecifiers, specifier);
}

/** The most modules that are looked at for the names of one: those that it gives on. */
const maxReexporters = 100;

export interface LoaderParts {
  readonly files: ModuleFiles;
  readonly builtins: BuiltinModules;
  /** What cells, and programs that are no files, are relative to. */
  readonly workingDirectory: () => string;
  /** Whether the engine's compiler takes the text for a module. Nothing of it runs. */
  readonly compilesAsModule: (text: string) => boolean;
  /** TypeScript as JavaScript; throws a `ModuleError`. */
  readonly stripTypes: (text: string, path: string) => string;
}

/** Finds modules, and gives the engine their texts. What fails throws a `ModuleError`. */
export interface ModuleLoader {
  /**
   * The name by which the engine is to know the module that a specifier means in another one.
   *
   * @param type The attribute of the import, if it has one.
   */
  resolve(specifier: string, base: string, type?: string): string;
  /** The text that the engine is to compile for a name of `resolve`. */
  load(name: string): string;
  /** The path, or the `node:` name, that `require` means in a file of the directory. */
  resolveRequired(specifier: string, directory: string): string;
  /** The path, or the `node:` name, that `import` would mean there. */
  resolveImported(specifier: string, directory: string): string;
  /** The JavaScript of a file that is required; an error for one that is an ES module. */
  requiredText(path: string, text: string): string;
}

type Format = "module" | "commonjs" | "json" | "either";

export function createModuleLoader(parts: LoaderParts): ModuleLoader {
  const { files, builtins, workingDirectory } = parts;

  function load(name: string): string {
    if (isMetaSpecifier(name)) return "";
    if (name.startsWith("text:")) return textModule(new TextDecoder().decode(files.read(name.slice(5))));
    if (name.startsWith("bytes:")) return bytesModule(name.slice(6), files);
    if (name.startsWith("node:")) return withMeta(builtins[name.slice(5)] ?? "");
    checkEnding(name);
    const format = formatOf(name, files);
    const text = sourceOf(name);
    if (format === "json") return jsonModule(name, text);
    if (format === "module") return withMeta(text);
    const shape = shapeOf(text);
    if (format === "either" && isModule(text, shape)) return withMeta(text);
    return commonJsModule(name, namesOf(name, shape));
  }

  /** A file's text as JavaScript. */
  function sourceOf(path: string): string {
    const text = new TextDecoder().decode(files.read(path));
    return isTypeScriptFile(path) ? parts.stripTypes(text, path) : text;
  }

  /** A file that nothing says the kind of. */
  function isModule(text: string, shape: ModuleShape): boolean {
    // Behind `await` at the top level there may be no statement that tells it.
    if (shape.isModule) return true;
    return /\bawait\b/.test(text) && !/\b(?:exports|require)\b/.test(text) && parts.compilesAsModule(text);
  }

  /** All names that a CommonJS module gives, as far as one can tell. */
  function namesOf(name: string, shape: ModuleShape): string[] {
    const names = new Set(shape.names);
    const seen = new Set([name]);
    const pending = [{ name, reexports: shape.reexports }];
    for (let at = pending.pop(); at !== undefined && seen.size < maxReexporters; at = pending.pop()) {
      for (const specifier of at.reexports) {
        try {
          const path = resolveRequired(specifier, directoryOf(at.name));
          if (path.startsWith("node:") || path.endsWith(".json") || seen.has(path)) continue;
          seen.add(path);
          const found = shapeOf(sourceOf(path));
          for (const given of found.names) if (names.size < maxNames) names.add(given);
          pending.push({ name: path, reexports: found.reexports });
        } catch (error) {
          // That is for `require` to tell.
          if (!(error instanceof ModuleError)) throw error;
        }
      }
    }
    names.delete("default");
    return [...names];
  }

  function resolveRequired(specifier: string, directory: string): string {
    return resolveModule(specifier, { name: directory, directory, by: "require" }, files, builtins);
  }

  return {
    resolve(specifier, base, type) {
      if (isMetaSpecifier(specifier)) return specifier;
      const directory = base.startsWith("/") ? directoryOf(base) : workingDirectory();
      const found = resolveModule(specifier, { name: base, directory, by: "import" }, files, builtins);
      return type === undefined ? found : typed(found, type, files);
    },
    load,
    resolveRequired,
    resolveImported: (specifier, directory) =>
      resolveModule(specifier, { name: directory, directory, by: "import" }, files, builtins),
    requiredText(path, source) {
      const format = formatOf(path, files);
      const text = isTypeScriptFile(path) ? parts.stripTypes(source, path) : source;
      if (format === "module" || (format === "either" && shapeOf(text).isModule)) {
        throw new ModuleError(
          "ERR_REQUIRE_ESM",
          `${path} is an ES module, which require does not give: use the import statement, or a dynamic import`,
        );
      }
      return text;
    },
  };
}

function directoryOf(path: string): string {
  return joinPath("/", path.slice(0, path.lastIndexOf("/")));
}

/** What a file's name, and the `package.json` above it, say of it. */
function formatOf(path: string, files: ModuleFiles): Format {
  const [, ending = ""] = /[^/](\.[^./]*)$/.exec(path) ?? [];
  if (ending === ".json") return "json";
  if (ending === ".mjs" || ending === ".mts") return "module";
  if (ending === ".cjs" || ending === ".cts") return "commonjs";
  return packageOf(directoryOf(path), files)?.type ?? "either";
}

/** A file with another ending is no module, unless it is required. */
function checkEnding(path: string): void {
  const [, ending = ""] = /[^/](\.[^./]*)$/.exec(path) ?? [];
  if (["", ".js", ".mjs", ".cjs", ".json"].includes(ending) || isTypeScriptFile(path)) return;
  throw new ModuleError(
    "ERR_UNKNOWN_FILE_EXTENSION",
    `Unknown file extension "${ending}" of ${path}: import it with { type: "text" } or { type: "bytes" }`,
  );
}

function importOf(specifier: MetaSpecifier): string {
  return `import "${specifier}";`;
}

function withMeta(text: string): string {
  return /\bimport\b/.test(text) && /\bmeta\b/.test(text)
    ? `${text}\n${importOf("wasm-repl:import-meta")}`
    : text;
}

/** The name of a file as the type that an import asks for. */
function typed(found: string, type: string, files: ModuleFiles): string {
  const isFile = found.startsWith("/");
  if (isFile && (type === "text" || type === "bytes")) return `${type}:${found}`;
  if (isFile && type === "json" && formatOf(found, files) === "json") return found;
  const isKnown = ["json", "text", "bytes"].includes(type);
  const reason = isKnown ? `'${found}' is none` : `there are "json", "text" and "bytes"`;
  throw new ModuleError(
    isKnown ? "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE" : "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED",
    `Cannot import with the type "${type}": ${reason}`,
  );
}

function textModule(text: string): string {
  return `export default ${JSON.stringify(text)};`;
}

/** The driver reads them: here it is only seen that they can be read. */
function bytesModule(path: string, files: ModuleFiles): string {
  files.read(path);
  return [
    "const { bytes } = import.meta;",
    `if (bytes === undefined) throw new Error(${JSON.stringify(`Cannot read ${path}: there is no memory for it`)});`,
    "export default bytes;",
    importOf("wasm-repl:bytes"),
  ].join("\n");
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

/** What the engine links in a CommonJS module's place. It runs the module when its turn comes, and no earlier. */
function commonJsModule(path: string, names: readonly string[]): string {
  return [
    `const exported = import.meta.require(${JSON.stringify(path)});`,
    "const read = (name) => { try { return exported[name]; } catch {} };",
    ...names.map((name, index) => `const n${index} = read(${JSON.stringify(name)});`),
    `export { exported as default${names.map((name, index) => `, n${index} as ${JSON.stringify(name)}`).join("")} };`,
    importOf("wasm-repl:commonjs"),
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
