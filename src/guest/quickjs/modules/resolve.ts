import { ModuleError } from "./error.js";
import type { ModuleFiles } from "./files.js";
import { isNodeModule } from "./node-modules.js";
import type { PackageJson } from "./package-json.js";
import { resolveExports, resolveImports } from "./package-maps.js";

/** Modules that come with the guest: their names, `node:` left out, and their source texts. */
export type BuiltinModules = Readonly<Record<string, string>>;

/** Who asks for a module, and how. */
export interface Importer {
  /** Its name in errors. */
  readonly name: string;
  /** The absolute path that relative names start at. */
  readonly directory: string;
  readonly by: "import" | "require";
}

/** The conditions of `exports` and `imports` that hold, besides `default`. */
const conditions = { import: new Set(["import"]), require: new Set(["require"]) };
/** What `require` tries behind a path, and behind a directory's. */
const endings = [".js", ".json", ".cjs"];

/**
 * The real path of the file, or the `node:` name, that a specifier means: as Node.js finds it. Throws a `ModuleError`
 * with one of Node.js's codes.
 */
export function resolveModule(
  specifier: string,
  importer: Importer,
  files: ModuleFiles,
  builtins: BuiltinModules,
): string {
  const builtin = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
  if (Object.hasOwn(builtins, builtin)) return `node:${builtin}`;
  if (specifier.startsWith("node:")) {
    throw new ModuleError(
      "ERR_UNKNOWN_BUILTIN_MODULE",
      `No such built-in module: ${specifier}, imported from ${importer.name}`,
    );
  }
  const find = { specifier, importer, files, conditions: conditions[importer.by] };
  if (specifier.startsWith("#")) {
    const scope = packageOf(importer.directory, files);
    const target = resolveImports(scope, specifier, find.conditions, importer.name);
    if ("path" in target) return fileOf(decode(target.path), find, false);
    if (target.name.startsWith("#")) throw notFound(target.name, find);
    const directory = scope?.directory ?? importer.directory;
    return resolveModule(target.name, { ...importer, directory }, files, builtins);
  }
  const path = pathOf(specifier, importer);
  return path === undefined ? resolvePackage(find) : fileOf(path, find, true);
}

interface Search {
  readonly specifier: string;
  readonly importer: Importer;
  readonly files: ModuleFiles;
  readonly conditions: ReadonlySet<string>;
}

/** The nearest `package.json` above a file in the directory. */
export function packageOf(directory: string, files: ModuleFiles): PackageJson | undefined {
  for (const at of upwards(directory)) {
    if (at.endsWith("/node_modules")) return undefined;
    const found = files.packageAt(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `..` and `.` worked out, without a look at the files. */
export function joinPath(directory: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${relative.startsWith("/") ? "" : directory}/${relative}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Undefined for the name of a package. */
function pathOf(specifier: string, { directory, by, name }: Importer): string | undefined {
  const isPath = specifier.startsWith("/") || /^\.\.?(\/|$)/.test(specifier);
  if (by === "require") return isPath ? joinPath(directory, specifier) : undefined;
  if (isPath) return joinPath(directory, decode(specifier));
  if (/^file:\/\/\//i.test(specifier)) return joinPath("/", decode(specifier.slice(7)));
  const [, scheme] = /^([a-z][a-z\d+.-]*):/i.exec(specifier) ?? [];
  if (scheme === undefined) return undefined;
  throw new ModuleError(
    "ERR_UNSUPPORTED_ESM_URL_SCHEME",
    `Cannot import '${specifier.slice(0, 200)}' from ${name}: only files and packages can be imported`,
  );
}

/** What a URL's path names. A text that is none of a URL's is taken as it is. */
function decode(path: string): string {
  if (!path.includes("%")) return path;
  if (/%2f|%5c/i.test(path)) {
    throw new ModuleError(
      "ERR_INVALID_MODULE_SPECIFIER",
      `Invalid module '${path}': it must not have an encoded "/" or "\\"`,
    );
  }
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** @param isGuessed For `require`, other names are tried, too. */
function fileOf(path: string, { specifier, importer, files }: Search, isGuessed: boolean): string {
  const found = importer.by === "require" && isGuessed ? requiredFile(path, files) : path;
  if (found !== undefined && files.isFile(found)) return files.realPath(found);
  if (importer.by === "require") {
    throw new ModuleError(
      "MODULE_NOT_FOUND",
      `Cannot find module '${specifier}', required from ${importer.name}`,
    );
  }
  if (files.isDirectory(path)) {
    throw new ModuleError("ERR_UNSUPPORTED_DIR_IMPORT", `Cannot import a directory: ${path}`);
  }
  throw new ModuleError(
    "ERR_MODULE_NOT_FOUND",
    `Cannot find module '${path}', imported from ${importer.name}`,
  );
}

function requiredFile(path: string, files: ModuleFiles): string | undefined {
  const withEnding = (path: string) => endings.map((ending) => path + ending).find(files.isFile);
  if (files.isFile(path)) return path;
  const found = withEnding(path);
  if (found !== undefined || !files.isDirectory(path)) return found;
  return mainFile(path, files.packageAt(path), files);
}

/** What a directory without `exports` stands for. */
function mainFile(
  directory: string,
  description: PackageJson | undefined,
  files: ModuleFiles,
): string | undefined {
  const inDirectory = (name: string) => joinPath(directory, `./${name}`);
  const main = description?.main;
  const tried = main === undefined ? [] : ["", ...endings, ...endings.map((ending) => `/index${ending}`)];
  return [
    ...tried.map((ending) => inDirectory(main + ending)),
    ...endings.map((ending) => inDirectory(`index${ending}`)),
  ].find(files.isFile);
}

function resolvePackage(search: Search): string {
  const { specifier, importer, files } = search;
  const [, name, rest = ""] = /^((?:@[^/\\%]+\/)?[^./\\%@][^/\\%]*)(\/.*)?$/s.exec(specifier) ?? [];
  if (name === undefined) {
    throw new ModuleError(
      "ERR_INVALID_MODULE_SPECIFIER",
      `Cannot find package '${specifier}' imported from ${importer.name}: that is no name of a package`,
    );
  }
  const subpath = `.${rest}`;
  const own = packageOf(importer.directory, files);
  if (own?.name === name && own.exports !== undefined) return exported(own, subpath, search);
  for (const above of upwards(importer.directory)) {
    if (above.endsWith("/node_modules")) continue;
    const directory = `${above === "/" ? "" : above}/node_modules/${name}`;
    const description = files.packageAt(directory);
    if (description === undefined && !files.isDirectory(directory)) continue;
    if (description?.exports !== undefined) return exported(description, subpath, search);
    if (subpath !== ".") {
      return fileOf(joinPath(directory, importer.by === "import" ? decode(subpath) : subpath), search, true);
    }
    const main = mainFile(directory, description, files);
    if (main === undefined) continue;
    return files.realPath(main);
  }
  throw notFound(name, search);
}

function exported(from: PackageJson, subpath: string, search: Search): string {
  const path = resolveExports(from, subpath, search.conditions, search.importer.name);
  return fileOf(decode(path), search, false);
}

function notFound(name: string, { importer }: Search): ModuleError {
  const isImport = importer.by === "import";
  const code = isImport ? "ERR_MODULE_NOT_FOUND" : "MODULE_NOT_FOUND";
  const asked = `${isImport ? "imported" : "required"} from ${importer.name}`;
  if (isNodeModule(name)) {
    return new ModuleError(
      code,
      `No such built-in module: ${name}, ${asked}: Node.js has it, and this sandbox does not`,
    );
  }
  const reason = `no node_modules in ${importer.directory} or above has it`;
  return new ModuleError(
    code,
    `Cannot find ${isImport ? "package" : "module"} '${name}' ${asked}: ${reason}`,
  );
}

/** A directory, and those above it. */
function* upwards(directory: string): Generator<string> {
  for (let at = directory; at.length > 1; at = at.slice(0, at.lastIndexOf("/"))) yield at;
  yield "/";
}
