import { descriptorCalls } from "./descriptors.js";
import type { EmscriptenHost, ImportFunction } from "./host.js";
import { linkerCalls } from "./linker/calls.js";
import { pathCalls } from "./paths.js";
import { processCalls } from "./process.js";
import { onlyRaises, otherCall, reportUnsupported, unsupportedReport } from "./unsupported.js";

/**
 * The import object for a CPython built with Emscripten. Every function that the module asks for is one of ours;
 * one that has no meaning here raises an exception in the guest. Symbols that a dynamic linker would fill in
 * (`GOT.func`) stay 0: the module has no code for them. It only reads them, so one global serves for all.
 */
export function createEmscriptenImports(
  module: WebAssembly.Module,
  host: EmscriptenHost,
): WebAssembly.Imports {
  const known = implemented(host);
  const unresolved = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  const imports: WebAssembly.Imports = {};
  known[unsupportedReport.name] = reportUnsupported(module, host);
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = kind === "global" ? unresolved : (known[name] ?? otherCall(host, name));
  }
  return host.trace?.emscripten(imports, host.memory) ?? imports;
}

/** The functions that a module imports and that do nothing here but to raise an exception, by their names. */
export function raisingImports(module: WebAssembly.Module, host: EmscriptenHost): string[] {
  const known = implemented(host);
  return WebAssembly.Module.imports(module)
    .filter(({ name, kind }) => kind === "function" && !(name in known) && onlyRaises(name))
    .map(({ name }) => name);
}

function implemented(host: EmscriptenHost): Record<string, ImportFunction> {
  const sockets = host.network?.calls(host, host.network.line) ?? {};
  return {
    ...pathCalls(host),
    ...descriptorCalls(host),
    ...processCalls(host),
    ...linkerCalls(host),
    ...sockets,
  };
}
