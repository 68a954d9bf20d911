import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "../../engine/runtime.js";
import { packagesPath } from "../../guest/cpython/library-path.js";
import { guestOptions } from "../../session/options.js";
import { openPlace, withPlace } from "../files/file-place.js";
import { readWhole } from "../files/whole-file.js";
import { startThread } from "../threads/start-thread.js";
import { encodePackagePack } from "./package-pack.js";

const outputPath = "/wasm-repl-output";
const maxOutputBytes = 2 ** 30;
const compileMemoryBytes = 2 * 1024 * 1024 * 1024;

/**
 * The bytecode of the modules among some files, by its paths beside them. A guest makes it, which runs none of the code;
 * what cannot be compiled is left out, and without it a module is compiled when it is imported.
 */
export async function compileModules(
  base: Runtime,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const sources = [...files.keys()].filter((path) => path.endsWith(".py")).sort();
  if (sources.length === 0) return new Map();
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-compile-"));
  const thread = startThread();
  try {
    const { parts, digest } = encodePackagePack(
      new Map(sources.map((path) => [path, files.get(path) as Uint8Array])),
    );
    const path = join(directory, "pack");
    writeFileSync(path, Buffer.concat(parts));
    const output = join(directory, "output");
    const options = guestOptions({
      checkpoints: false,
      memoryBytes: compileMemoryBytes,
      mounts: [{ hostPath: makeDirectory(output), guestPath: outputPath, mode: "rw" }],
    });
    writeFileSync(join(output, "sources"), JSON.stringify(sources));
    await thread.open({ ...base, packages: { path, digest } }, options);
    const { result, ended } = await thread.run({ mode: "cell", code: compileCode, filename: "<compile>" });
    if (result.error !== undefined || ended !== undefined) return new Map();
    return readOutput(output, sources);
  } catch {
    return new Map();
  } finally {
    await thread.terminate();
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(path: string): string {
  mkdirSync(path);
  return path;
}

/**
 * What the guest wrote is a stranger's: no link of its is followed, and only bytes of the lengths that it names are taken,
 * for the files that there are.
 */
function readOutput(directory: string, sources: readonly string[]): Map<string, Uint8Array> {
  const lengths = JSON.parse(readWritten(join(directory, "index")).toString("utf8"));
  const bytes = readWritten(join(directory, "all"));
  const compiled = new Map<string, Uint8Array>();
  let offset = 0;
  for (const [index, path] of sources.entries()) {
    const length = lengths[index];
    if (!Number.isInteger(length) || length < 0 || offset + length > bytes.length) return new Map();
    if (length > 0) compiled.set(cachedPath(path), bytes.subarray(offset, offset + length));
    offset += length;
  }
  return compiled;
}

function readWritten(path: string): Buffer {
  return withPlace(openPlace(path), (place) => readWhole(place, maxOutputBytes)) ?? Buffer.alloc(0);
}

function cachedPath(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}__pycache__/${path.slice(slash, -3)}.cpython-314.pyc`;
}

const compileCode = `
def compile_packages():
    import importlib._bootstrap_external as external, importlib.util, json, warnings
    warnings.simplefilter("ignore")
    with open("${outputPath}/sources") as file:
        sources = json.load(file)
    lengths = []
    with open("${outputPath}/all", "wb") as output:
        for source in sources:
            path = "${packagesPath}/" + source
            with open(path, "rb") as file:
                data = file.read()
            try:
                code = compile(data, path, "exec", dont_inherit=True)
                # Unchecked: packages cannot change, so nobody compares it with its source.
                compiled = external._code_to_hash_pyc(code, importlib.util.source_hash(data), False)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                compiled = b""
            output.write(compiled)
            lengths.append(len(compiled))
    with open("${outputPath}/index", "w") as file:
        json.dump(lengths, file)
compile_packages()
`;
