import type { BuiltinModules } from "./modules.js";

const fileFunctions = [
  "access",
  "appendFile",
  "chmod",
  "copyFile",
  "link",
  "lstat",
  "mkdir",
  "mkdtemp",
  "readFile",
  "readdir",
  "readlink",
  "realpath",
  "rename",
  "rm",
  "rmdir",
  "stat",
  "symlink",
  "truncate",
  "unlink",
  "utimes",
  "writeFile",
];
const pathNames = [
  "basename",
  "delimiter",
  "dirname",
  "extname",
  "format",
  "isAbsolute",
  "join",
  "normalize",
  "parse",
  "posix",
  "relative",
  "resolve",
  "sep",
  "toNamespacedPath",
];
const fsNames = [
  ...fileFunctions.map((name) => `${name}Sync`),
  "existsSync",
  "constants",
  "promises",
  "Stats",
  "Dirent",
];

/** The modules of Node.js that every guest has. The driver makes them; these only give them names to import. */
export const standardModules: BuiltinModules = {
  fs: reExport("fs", fsNames),
  "fs/promises": reExport("fs/promises", [...fileFunctions, "constants"]),
  path: reExport("path", pathNames),
  "path/posix": reExport("path/posix", pathNames),
};

function reExport(module: string, names: readonly string[]): string {
  return [
    `const module = globalThis.process.getBuiltinModule("${module}");`,
    "export default module;",
    `export const { ${names.join(", ")} } = module;`,
  ].join("\n");
}
