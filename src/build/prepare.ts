/** Build time: makes everything in `dist/runtimes` that does not depend on the Node.js that runs it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "../engine/runtime.js";
import { pythonDriverFiles } from "../guest/cpython/boot.js";
import { assembleDriver, driverFiles as quickJsDriverFiles } from "../guest/quickjs/boot.js";
import { packageRoot } from "../node/package-root.js";
import {
  distributionFile,
  driverFile,
  idsFile,
  type RuntimeIds,
  runtimeNames,
  runtimesDirectory,
} from "../node/runtimes/bundled.js";
import { runtimeIdOf, sha256 } from "../node/runtimes/runtime-id.js";
import { preparePython } from "./prepare-python.js";
import { prepareQuickJs } from "./prepare-quickjs.js";
import { prepareTypeStripper } from "./prepare-typescript.js";
import { readPyodideDistribution } from "./pyodide-distribution.js";

const directory = runtimesDirectory();
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });

const sourceOf = (...path: string[]) => readFileSync(join(packageRoot(), "src", "guest", ...path), "utf8");
const drivers = {
  python: pythonDriverFiles.map((name) => sourceOf("cpython", "driver", name)).join("\f\n"),
  javascript: assembleDriver(quickJsDriverFiles.map((name) => sourceOf("quickjs", "driver", name))),
};
// For the interpreters that users bring along.
writeFileSync(join(directory, driverFile), drivers.python);
const python = preparePython(directory, drivers.python);
writeFileSync(join(directory, distributionFile), JSON.stringify(readPyodideDistribution()));
const versions = {
  python: python.version,
  pythonBuild: python.build,
  javascript: prepareQuickJs(directory, drivers.javascript),
};
prepareTypeStripper(directory);
writeFileSync(join(directory, "versions.json"), JSON.stringify(versions));

const hashOf = (name: string) => sha256(readFileSync(join(directory, name)));
const idOf = (language: Language, library: string) =>
  runtimeIdOf({
    language,
    module: hashOf(`${runtimeNames[language]}.wasm`),
    image: hashOf(`${runtimeNames[language]}.image`),
    library,
    driver: sha256(drivers[language]),
    packages: [],
  });
const ids: RuntimeIds = {
  packageVersion: JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version,
  python: idOf("python", hashOf("python.pack")),
  javascript: idOf("javascript", ""),
};
writeFileSync(join(directory, idsFile), JSON.stringify(ids));
