/** Build time: makes everything in `dist/runtimes` that does not depend on the Node.js that runs it. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pythonDriverFiles } from "../guest/cpython/boot.js";
import { packageRoot } from "../node/package-root.js";
import { driverFile, runtimesDirectory } from "../node/runtimes/bundled.js";
import { preparePython } from "./prepare-python.js";
import { prepareQuickJs } from "./prepare-quickjs.js";

const directory = runtimesDirectory();
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });

const drivers = join(packageRoot(), "src", "guest");
const pythonDriver = pythonDriverFiles
  .map((name) => readFileSync(join(drivers, "cpython", "driver", name), "utf8"))
  .join("\n");
// For the interpreters that users bring along.
writeFileSync(join(directory, driverFile), pythonDriver);
const versions = {
  python: preparePython(directory, pythonDriver),
  javascript: prepareQuickJs(directory, join(drivers, "quickjs", "driver")),
};
writeFileSync(join(directory, "versions.json"), JSON.stringify(versions));

const hashOf = (name: string) =>
  createHash("sha256")
    .update(readFileSync(join(directory, name)))
    .digest("hex");
const images = { python: hashOf("python.image"), javascript: hashOf("quickjs.image") };
writeFileSync(join(directory, "images.json"), JSON.stringify(images));
