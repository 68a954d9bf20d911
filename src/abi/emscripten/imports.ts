import { descriptorCalls } from "./descriptors.js";
import type { EmscriptenHost, ImportFunction } from "./host.js";
import { pathCalls } from "./paths.js";
import { processCalls } from "./process.js";
import { otherCall } from "./unsupported.js";

/**
 * The import object for a CPython built with Emscripten. Every function that the module asks for is one of ours;
 * one that has no meaning here raises an exception in the guest. Symbols that a dynamic linker would fill in
 * (`GOT.func`) stay 0: the module has no code for them. It only reads them, so one global serves for all.
 */
export function createEmscriptenImports(
  module: WebAssembly.Module,
  host: EmscriptenHost,
): WebAssembly.Imports {
  const known: Record<string, ImportFunction> = {
    ...pathCalls(host),
    ...descriptorCalls(host),
    ...processCalls(host),
  };
  const unresolved = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = kind === "global" ? unresolved : (known[name] ?? otherCall(host, name));
  }
  return host.trace?.emscripten(imports, host.memory) ?? imports;
}
