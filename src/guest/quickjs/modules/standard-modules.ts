import type { BuiltinModules } from "./resolve.js";

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

const processNames = [
  "argv",
  "arch",
  "cwd",
  "env",
  "exit",
  "hrtime",
  "nextTick",
  "platform",
  "stderr",
  "stdin",
  "stdout",
  "uptime",
  "version",
  "versions",
];

/** The modules of Node.js that every guest has. The driver makes them, and puts each into
 * its `import.meta`; these only give them names to import. */
export const standardModules: BuiltinModules = {
  fs: reExport(fsNames),
  "fs/promises": reExport([...fileFunctions, "constants"]),
  path: reExport(pathNames),
  "path/posix": reExport(pathNames),
  buffer: reExport(["Buffer", "constants"]),
  url: reExport(["URL", "URLSearchParams", "fileURLToPath", "pathToFileURL"]),
  process: reExport(processNames),
};

function reExport(names: readonly string[]): string {
  return [
    "const module = import.meta.builtin;",
    "export default module;",
    `export const { ${names.join(", ")} } = module;`,
  ].join("\n");
}
