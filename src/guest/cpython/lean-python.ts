import { maxTableSlots } from "../../abi/emscripten/linker/libraries.js";
import {
  encodeSymbols,
  holdFunctionsExport,
  symbolsSection,
} from "../../abi/emscripten/linker/main-symbols.js";
import { failure, unsupportedNames, unsupportedReport } from "../../abi/emscripten/unsupported.js";
import { dropImports } from "../../wasm/drop-imports.js";
import { holdFunctions } from "../../wasm/hold-functions.js";
import { ownTrampoline } from "../../wasm/own-trampoline.js";
import { addCustomSection } from "../../wasm/sections.js";
import { leanModule } from "../lean-module.js";
import { requiredExports } from "./instance.js";

/**
 * The package's module as guests are made from it: see `leanModule`. Of what it imports, 450 of 560 are dropped: they
 * only raise, or are symbols that nobody sets, and every import costs each guest. Functions of C that are called with more
 * arguments than they take are called within the module.
 *
 * @param raising See `raisingImports`.
 */
export function leanPython(bytes: Uint8Array, raising: readonly string[]): Uint8Array {
  const changed = dropImports(ownTrampoline(bytes, "_PyEM_TrampolineCall_JS"), {
    report: unsupportedReport,
    replace(_module, name) {
      const number = raising.indexOf(name);
      return number < 0 ? undefined : { number, result: failure(name) ?? 0 };
    },
  });
  const names = new TextEncoder().encode(raising.map((name) => `${name}\n`).join(""));
  const { module, functions, constants } = holdFunctions(changed, holdFunctionsExport, maxTableSlots);
  const symbols = encodeSymbols({ functions, data: constants });
  const named = addCustomSection(module, unsupportedNames, names);
  return leanModule(addCustomSection(named, symbolsSection, symbols), requiredExports);
}
