/** `exports` and `imports` of a `package.json`, as Node.js reads them. */
import { ModuleError } from "./error.js";
import { isObject, type PackageJson } from "./package-json.js";

/** What a map leads to: a path, or for `imports` also the name of another package. */
export type MapTarget = { readonly path: string } | { readonly name: string };

/** The longest path that a pattern may make. A file's path cannot be as long. */
const maxTargetLength = 64 * 1024;

/**
 * What a package gives to those who import it.
 *
 * @param subpath `.`, or what follows the package's name with a dot in front: `./lib/a.js`.
 */
export function resolveExports(
  from: PackageJson,
  subpath: string,
  conditions: ReadonlySet<string>,
  base: string,
): string {
  const map = exportsMap(from);
  const found = lookUp(map, subpath, { from, conditions, isImports: false });
  if (found !== undefined && found !== null && "path" in found) return found.path;
  const what = subpath === "." ? "has no main entry" : `does not export '${subpath}'`;
  throw new ModuleError(
    "ERR_PACKAGE_PATH_NOT_EXPORTED",
    `The package in ${from.directory} ${what} for '${[...conditions].join("', '")}', as ${base} asks for it`,
  );
}

/** What a package's own modules mean by a name that begins with `#`. */
export function resolveImports(
  from: PackageJson | undefined,
  specifier: string,
  conditions: ReadonlySet<string>,
  base: string,
): MapTarget {
  if (specifier === "#" || specifier.startsWith("#/")) {
    throw new ModuleError("ERR_INVALID_MODULE_SPECIFIER", `'${specifier}' is no name of a package's imports`);
  }
  const found =
    from?.imports === undefined
      ? undefined
      : lookUp(from.imports, specifier, { from, conditions, isImports: true });
  if (found !== undefined && found !== null) return found;
  const where = from === undefined ? "" : ` in ${from.directory}/package.json`;
  throw new ModuleError(
    "ERR_PACKAGE_IMPORT_NOT_DEFINED",
    `Package import '${specifier}' is not defined${where}, imported from ${base}`,
  );
}

interface Context {
  readonly from: PackageJson;
  readonly conditions: ReadonlySet<string>;
  readonly isImports: boolean;
}

/** `exports` may be short for the map with the main entry alone. */
function exportsMap(from: PackageJson): Readonly<Record<string, unknown>> {
  const { exports } = from;
  if (!isObject(exports)) return { ".": exports };
  const keys = Object.keys(exports);
  const paths = keys.filter((key) => key.startsWith(".")).length;
  if (paths === 0) return { ".": exports };
  if (paths === keys.length) return exports;
  throw new ModuleError(
    "ERR_INVALID_PACKAGE_CONFIG",
    `Invalid package config ${from.directory}/package.json: "exports" has both subpaths and conditions`,
  );
}

function lookUp(
  map: Readonly<Record<string, unknown>>,
  key: string,
  context: Context,
): MapTarget | null | undefined {
  if (Object.hasOwn(map, key) && !key.includes("*") && !key.endsWith("/")) {
    return resolveTarget(map[key], undefined, context);
  }
  let best: { readonly pattern: string; readonly star: number; readonly match: string } | undefined;
  for (const pattern of Object.keys(map)) {
    const star = pattern.indexOf("*");
    if (star < 0 || star !== pattern.lastIndexOf("*")) continue;
    const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
    if (!key.startsWith(start) || key === start || key.length < pattern.length || !key.endsWith(end))
      continue;
    // The most special pattern: the one with more in front of its star, then the longer one.
    if (
      best !== undefined &&
      (star < best.star || (star === best.star && pattern.length <= best.pattern.length))
    )
      continue;
    best = { pattern, star, match: key.slice(star, key.length - end.length) };
  }
  return best === undefined ? undefined : resolveTarget(map[best.pattern], best.match, context);
}

/** Null if the package forbids it, undefined if no condition fits. */
function resolveTarget(
  target: unknown,
  match: string | undefined,
  context: Context,
): MapTarget | null | undefined {
  if (typeof target === "string") return resolvePath(target, match, context);
  if (Array.isArray(target)) {
    let last: ModuleError | null | undefined;
    for (const choice of target) {
      try {
        const found = resolveTarget(choice, match, context);
        if (found !== undefined && found !== null) return found;
        last = found === null ? null : last;
      } catch (error) {
        if (!(error instanceof ModuleError) || error.code !== "ERR_INVALID_PACKAGE_TARGET") throw error;
        last = error;
      }
    }
    if (last instanceof ModuleError) throw last;
    return last ?? null;
  }
  if (isObject(target)) {
    for (const [condition, choice] of Object.entries(target)) {
      if (condition !== "default" && !context.conditions.has(condition)) continue;
      const found = resolveTarget(choice, match, context);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (target === null) return null;
  throw invalidTarget(context, String(target));
}

function resolvePath(target: string, match: string | undefined, context: Context): MapTarget {
  const filled = fillIn(target, match, context);
  if (!target.startsWith("./")) {
    const isName =
      !target.startsWith("../") && !target.startsWith("/") && !/^[a-z][a-z\d+.-]+:\/\//i.test(target);
    if (context.isImports && isName) return { name: filled };
    throw invalidTarget(context, target);
  }
  if (hasForbiddenPart(target.slice(2))) throw invalidTarget(context, target);
  if (match !== undefined && hasForbiddenPart(match)) {
    throw new ModuleError(
      "ERR_INVALID_MODULE_SPECIFIER",
      `'${match}' must not lead out of what a pattern of ${context.from.directory}/package.json stands for`,
    );
  }
  return { path: `${context.from.directory === "/" ? "" : context.from.directory}/${filled.slice(2)}` };
}

function fillIn(target: string, match: string | undefined, context: Context): string {
  if (match === undefined) return target;
  const parts = target.split("*");
  if (target.length + (parts.length - 1) * match.length > maxTargetLength) {
    throw invalidTarget(context, `${target.slice(0, 100)}…`);
  }
  return parts.join(match);
}

/** Parts with which a path would lead out of the package, into another one, or to a file that is not named. */
function hasForbiddenPart(path: string): boolean {
  return path
    .split(/[/\\]|%2f|%5c/i)
    .some((part) => /^(?:(?:\.|%2e){1,2}|node_modules)$/i.test(part.replace(/%6e/gi, "n")));
}

function invalidTarget({ from, isImports }: Context, target: string): ModuleError {
  return new ModuleError(
    "ERR_INVALID_PACKAGE_TARGET",
    `Invalid target '${target}' in "${isImports ? "imports" : "exports"}" of ${from.directory}/package.json: ` +
      "it must begin with './' and stay in the package",
  );
}
