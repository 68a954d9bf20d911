import { type JsonBounds, parseBoundedJson } from "../../../bounded-json.js";
import { ModuleError } from "./error.js";

/** What of a `package.json` decides about modules. Members of `exports` and `imports` are as they were written. */
export interface PackageJson {
  readonly directory: string;
  readonly name: string | undefined;
  readonly main: string | undefined;
  readonly type: "module" | "commonjs" | undefined;
  readonly exports: unknown;
  readonly imports: Readonly<Record<string, unknown>> | undefined;
}

const bounds: JsonBounds = { bytes: Number.POSITIVE_INFINITY, depth: 64, members: 100_000 };

/** @param path Names the file in errors. */
export function parsePackageJson(bytes: Uint8Array, path: string, directory: string): PackageJson {
  let value: unknown;
  try {
    value = parseBoundedJson(bytes, bounds);
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : "it is no JSON";
    throw new ModuleError("ERR_INVALID_PACKAGE_CONFIG", `Invalid package config ${path}: ${reason}`);
  }
  const members = isObject(value) ? value : {};
  // A member `__proto__` is one like any other, and what is no member of its own is none.
  const own = (name: string) => (Object.hasOwn(members, name) ? members[name] : undefined);
  const text = (name: string) => {
    const found = own(name);
    return typeof found === "string" ? found : undefined;
  };
  const type = own("type");
  const imports = own("imports");
  return {
    directory,
    name: text("name"),
    main: text("main"),
    type: type === "module" || type === "commonjs" ? type : undefined,
    exports: own("exports") ?? undefined,
    imports: isObject(imports) ? imports : undefined,
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
