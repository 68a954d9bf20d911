/** Build time: makes the files that Python sessions start from out of the npm package `pyodide`. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Doors } from "../abi/doors.js";
import { bootDoors } from "../guest/boot-doors.js";
import { bootPython, capturePython } from "../guest/cpython/boot.js";
import { channelDescriptor } from "../guest/cpython/channel-descriptor.js";
import { leanPython } from "../guest/cpython/lean-python.js";
import { standardLibraryPath } from "../guest/cpython/library-path.js";
import { createGuestFiles, type GuestFiles } from "../guest/files.js";
import type { GuestHost } from "../guest/guest.js";
import { encodeImage } from "../guest/image.js";
import { encodePack, openPack } from "../node/runtimes/pack.js";
import { preloadedModules } from "../node/runtimes/preloaded-modules.js";
import { createStreamFile } from "../vfs/stream-file.js";
import { timeZoneFiles } from "./timezones.js";

/** Parts of the package's library that only work with the package's own JavaScript. */
const leftOut = ["pyodide/", "_pyodide/", "pyodide_js/", "__pycache__/"];

/** Longer than the list of the library's files, in bytes. */
const maxIndexBytes = 1024 * 1024;

const bootMemoryBytes = 1024 * 1024 * 1024;

/**
 * Writes `python.wasm`, `python.image` and `python.pack` into `directory`.
 *
 * @param driver The driver's source.
 * @returns The interpreter's name and version.
 */
export function preparePython(directory: string, driver: string): string {
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
  booted.runCode(`import os, platform; os.write(${channelDescriptor}, platform.python_version().encode())`);
  const version = new TextDecoder().decode(booted.instance.channel.take());
  const image = capturePython(booted, driver, preloadedModules);
  pack.close();
  writeFileSync(join(directory, "python.image"), encodeImage(image));

  const raising = booted.instance.raisingImports();
  writeFileSync(join(directory, "python.wasm"), leanPython(bytes, raising));
  return `CPython ${version}`;
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
  booted.instance.channel.put({ leftOut, libraryPath: standardLibraryPath }, maxIndexBytes);
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
        for name in sorted(archive.namelist()):
            if name.endswith("/") or any(part in name for part in message["leftOut"]):
                continue
            data = archive.read(name)
            add(name, data)
            if name.endswith(".py"):
                code = compile(data, message["libraryPath"] + "/" + name, "exec", dont_inherit=True)
                folder, _, file = name.rpartition("/")
                cached = (folder + "/" if folder else "") + "__pycache__/" + file[:-3] + ".cpython-314.pyc"
                # Unchecked: the library cannot change, so nobody compares it with its source.
                add(cached, external._code_to_hash_pyc(code, importlib.util.source_hash(data), False))
    os.write(channel, json.dumps(index).encode())
compile_library()
`;
