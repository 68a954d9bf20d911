/** Build time: makes the files that Python sessions start from out of the npm package `pyodide`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Doors } from "../abi/doors.js";
import { bootDoors } from "../guest/boot-doors.js";
import { chargedModule } from "../guest/charged-module.js";
import { bootPython, capturePython } from "../guest/cpython/boot.js";
import { channelDescriptor } from "../guest/cpython/channel-descriptor.js";
import { leanPython } from "../guest/cpython/lean-python.js";
import { standardLibraryPath } from "../guest/cpython/library-path.js";
import { findGuards, guardPython } from "../guest/cpython/stack-guards.js";
import { createGuestFiles, type GuestFiles } from "../guest/files.js";
import type { GuestHost } from "../guest/guest.js";
import { encodeImage } from "../guest/image.js";
import { packageRoot } from "../node/package-root.js";
import { encodePack, openPack } from "../node/runtimes/pack.js";
import { preloadedModules } from "../node/runtimes/preloaded-modules.js";
import { createStreamFile } from "../vfs/stream-file.js";
import { timeZoneFiles } from "./timezones.js";

/** Parts of the package's library that only work with the package's own JavaScript. */
const leftOut = ["pyodide/", "_pyodide/", "pyodide_js/", "__pycache__/"];

/** Where the parts of the library lie that the package lacks, and that are written for this one. */
const ownLibrary = join(packageRoot(), "src", "guest", "cpython", "library");

/** Longer than the list of the library's files, in bytes. */
const maxIndexBytes = 1024 * 1024;

const bootMemoryBytes = 1024 * 1024 * 1024;

/**
 * Writes `python.wasm`, `python.image` and `python.pack` into `directory`, and the module for browsers.
 *
 * @param driver The driver's source.
 * @returns The interpreter's name and version, and what it says of its build.
 */
export function preparePython(directory: string, driver: string): { version: string; build: string } {
  const packageDirectory = dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
  const bytes = readFileSync(join(packageDirectory, "pyodide.asm.wasm"));
  const module = new WebAssembly.Module(bytes);

  const packPath = join(directory, "python.pack");
  const archive = readFileSync(join(packageDirectory, "python_stdlib.zip"));
  const library = compileLibrary(module, archive);
  for (const [path, bytes] of timeZoneFiles()) library.set(`site-packages/${path}`, bytes);
  writeFileSync(packPath, encodePack(library));

  const pack = openPack(packPath);
  const doors = bootDoors();
  const files = createGuestFiles({ doors, library: { guestPath: standardLibraryPath, source: pack } });
  const booted = bootPython(module, bootHost(files, doors));
  booted.instance.channel.put({}, maxIndexBytes);
  booted.runCode(`import os, sys; os.write(${channelDescriptor}, sys.version.encode())`);
  const build = new TextDecoder().decode(booted.instance.channel.take());
  const image = capturePython(booted, driver, preloadedModules);
  pack.close();
  writeFileSync(join(directory, "python.image"), encodeImage(image));

  const raising = booted.instance.raisingImports();
  writeFileSync(join(directory, "python.wasm"), leanPython(bytes, raising));
  const guarded = guardPython(bytes, image, findGuards(booted));
  writeFileSync(join(directory, "python.browser.wasm"), chargedModule(leanPython(guarded, raising)));
  return { version: `CPython ${build.split(" ")[0]}`, build: `CPython ${build}` };
}

function bootHost({ fileSystem }: GuestFiles, { clocks, randomness }: Doors): GuestHost {
  const toStderr = createStreamFile({
    write(text) {
      process.stderr.write(text);
      return text.length;
    },
  });
  return {
    fileSystem,
    stdin: createStreamFile({ read: () => 0 }),
    stdout: toStderr,
    stderr: toStderr,
    signals: { take: () => 0, wait: () => false },
    clocks,
    randomness,
    memoryBytes: bootMemoryBytes,
  };
}

/** Boots from the archive of sources and has the interpreter compile them. Gives sources and bytecode by path. */
function compileLibrary(module: WebAssembly.Module, archive: Uint8Array): Map<string, Uint8Array> {
  const doors = bootDoors();
  const { fileSystem, ...rest } = createGuestFiles({ doors });
  for (const path of ["/usr", "/usr/local", "/usr/local/lib"]) fileSystem.makeDirectory(path);
  writeGuestFile({ fileSystem, ...rest }, "/usr/local/lib/python314.zip", archive);
  const booted = bootPython(module, bootHost({ fileSystem, ...rest }, doors));
  const own = ownLibraryFiles();
  booted.instance.channel.put({ leftOut, own, libraryPath: standardLibraryPath }, maxIndexBytes);
  booted.runCode(compileCode);
  const index = JSON.parse(new TextDecoder().decode(booted.instance.channel.take())) as Array<
    [string, number]
  >;
  const output = fileSystem.open("/tmp/library", { read: true });
  const files = new Map<string, Uint8Array>();
  for (const [path, size] of index) {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) done += output.read(bytes.subarray(done));
    files.set(path, bytes);
  }
  return files;
}

/** Sources by their path in the library. */
function ownLibraryFiles(): Record<string, string> {
  const names = readdirSync(ownLibrary, { recursive: true }).map((name) =>
    String(name).replaceAll("\\", "/"),
  );
  return Object.fromEntries(
    names
      .filter((name) => name.endsWith(".py"))
      .sort()
      .map((name) => [name, readFileSync(join(ownLibrary, name), "utf8")]),
  );
}

function writeGuestFile({ fileSystem }: GuestFiles, path: string, bytes: Uint8Array): void {
  const file = fileSystem.open(path, { write: true, create: true });
  for (let done = 0; done < bytes.length; ) done += file.write(bytes.subarray(done));
  file.close();
}

const compileCode = `
def compile_library():
    import importlib._bootstrap_external as external, importlib.util, json, os, zipfile
    channel = ${channelDescriptor}
    message = json.loads(os.read(channel, int.from_bytes(os.read(channel, 4), "little")))
    index = []
    with zipfile.ZipFile("/usr/local/lib/python314.zip") as archive, open("/tmp/library", "wb") as output:
        def add(path, data):
            index.append([path, len(data)])
            output.write(data)
        def add_source(name, data):
            add(name, data)
            code = compile(data, message["libraryPath"] + "/" + name, "exec", dont_inherit=True)
            folder, _, file = name.rpartition("/")
            cached = (folder + "/" if folder else "") + "__pycache__/" + file[:-3] + ".cpython-314.pyc"
            # Unchecked: the library cannot change, so nobody compares it with its source.
            add(cached, external._code_to_hash_pyc(code, importlib.util.source_hash(data), False))
        for name in sorted(archive.namelist()):
            if name.endswith("/") or any(part in name for part in message["leftOut"]):
                continue
            if name in message["own"]:
                raise ValueError(f"the package has {name} by now")
            (add_source if name.endswith(".py") else add)(name, archive.read(name))
        for name, text in message["own"].items():
            add_source(name, text.encode())
    os.write(channel, json.dumps(index).encode())
compile_library()
`;
