import { chargeStack } from "../wasm/charge-stack.js";
import { chargedStackRatio } from "./stack-ratio.js";

/**
 * A lean module for hosts whose stack is small, such as a browser's workers: recursion takes of the guest's own stack
 * in proportion to the host's, so the interpreter's look at the one is a look at both. Images and states are the same.
 */
export function chargedModule(lean: Uint8Array): Uint8Array {
  return chargeStack(lean, { stackPointer: "__stack_pointer", hostBytesPerByte: chargedStackRatio });
}
