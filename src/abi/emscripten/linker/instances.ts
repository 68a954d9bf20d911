import { LinkError } from "./link-error.js";

/** @throws LinkError */
export function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw asLinkError(error);
  }
}

/** @throws LinkError if the imports do not fit, or the data does not. */
export function makeInstance(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw asLinkError(error);
  }
}

function asLinkError(error: unknown): unknown {
  const isOurs =
    error instanceof WebAssembly.CompileError ||
    error instanceof WebAssembly.LinkError ||
    error instanceof WebAssembly.RuntimeError ||
    error instanceof TypeError;
  return isOurs ? new LinkError(`cannot be linked: ${error.message}`) : error;
}
