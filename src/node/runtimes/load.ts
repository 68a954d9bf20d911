import type { Language, Runtime } from "../../engine/runtime.js";
import { loadBundledRuntime } from "./bundled.js";

/** The bundled interpreter of a language, or the stock CPython build in a directory. */
export async function loadRuntime(language: Language, directory: string | undefined): Promise<Runtime> {
  if (directory === undefined) return loadBundledRuntime(language);
  // Most processes never need it, so it is loaded only here.
  const { loadStockRuntime } = await import("./stock-python.js");
  return loadStockRuntime(directory);
}
