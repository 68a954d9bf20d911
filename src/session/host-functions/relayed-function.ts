import type { CallArguments } from "./bind-arguments.js";
import type { HostCallContext, HostFunctionOptions } from "./types.js";

/**
 * A function that somebody outside of this process carries out, for our own commands: it gets the arguments as the code
 * has given them, once they have been checked. May stand wherever a `HostFunctionOptions` may.
 */
export class RelayedFunction {
  constructor(
    readonly options: Omit<HostFunctionOptions, "run">,
    readonly relay: (given: CallArguments, context: HostCallContext) => unknown,
  ) {}
}
