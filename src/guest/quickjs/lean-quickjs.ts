import { requiredExports } from "../../abi/quickjs/exports.js";
import { guardStack } from "../../wasm/guard-stack.js";
import type { Image } from "../image.js";
import { leanModule } from "../lean-module.js";
import type { QuickJsAddresses } from "./boot.js";

/**
 * What a level of iterator helpers takes of the engine's stack. With it, V8's share of it is within what
 * `engineStackBytes` counts on.
 */
const helperFrameBytes = 64;

/**
 * The package's module as guests are made from it: see `leanModule`. Iterator helpers on top of each other
 * (`it = it.map(f)` in a loop) call each other with no look at the stack: that is put in front of them.
 *
 * @param image What `bootQuickJs` made with this module.
 */
export function leanQuickJs(bytes: Uint8Array, image: Image): Uint8Array {
  const at = image.addresses as unknown as QuickJsAddresses;
  const guarded = guardStack(bytes, {
    slots: [at.helperSlot],
    report: { name: "JS_ThrowRangeError", passesFirst: true, numbers: [at.overflowMessage, 0] },
    stackPointer: "__stack_pointer",
    limitAddress: at.stackLimit,
    frameBytes: helperFrameBytes,
  });
  return leanModule(guarded, requiredExports);
}
