import { setFlagsFromString } from "node:v8";

/**
 * How many bytes of code, roughly, a function of the guest runs through before V8 compiles it once more, optimised.
 * At V8's own 1,800,000 a stock CPython has so many functions compiled that starting it takes half as long again,
 * not least since the process waits at its end for a compilation that has begun; and a program that computes for
 * seconds is slower too, the compiler's threads being busy with what matters little (docs/wasi.md has the figures).
 */
const tieringBudget = 100_000_000;

/** Tells V8 to optimise later. Call it before the guest's module is compiled. */
export function delayOptimisation(): void {
  setFlagsFromString(`--wasm-tiering-budget=${tieringBudget}`);
}
