/** What a lean module has for the linker, since most of its exports are gone. */

/** The export that puts all functions that libraries may ask for into the function table. */
export const holdFunctionsExport = "wasm_repl_hold_functions";
/** The custom section that says where they are then, and where the data is. */
export const symbolsSection = "wasm_repl.symbols";

export interface MainSymbols {
  /** Slots of the function table. */
  readonly functions: ReadonlyMap<string, number>;
  /** Addresses in the memory. */
  readonly data: ReadonlyMap<string, number>;
}

/** The section: both as JSON. */
export function encodeSymbols({ functions, data }: MainSymbols): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([[...functions], [...data]]));
}

/** Reads what `encodeSymbols` wrote. */
export function readSymbols(module: WebAssembly.Module): MainSymbols {
  const [section] = WebAssembly.Module.customSections(module, symbolsSection);
  if (section === undefined) throw new TypeError("the interpreter's module has no symbols");
  const [functions, data] = JSON.parse(new TextDecoder().decode(section));
  return { functions: new Map(functions), data: new Map(data) };
}
