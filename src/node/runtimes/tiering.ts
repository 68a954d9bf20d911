/**
 * How many bytes of code, roughly, a function of the guest runs through before V8 compiles it once more, optimised.
 * At V8's own 1,800,000 a stock CPython has so many functions compiled that starting it takes half as long again,
 * not least since the process waits at its end for a compilation that has begun; and a program that computes for
 * seconds is slower too, the compiler's threads being busy with what matters little (docs/wasi.md has the figures).
 */
const tieringBudget = 100_000_000;

/** Tells V8 to optimise later. Call it before the guest's module is compiled. */
export async function delayOptimisation(): Promise<void> {
  // Loading this takes longer than a short program does to run, and most starts never need it.
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString(`--wasm-tiering-budget=${tieringBudget}`);
}
