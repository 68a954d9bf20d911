import type { WasiContext } from "./host.js";

/** Randomness (`wasi_snapshot_preview1.witx`: `random_get`). */
export function randomFunctions({ host, memory }: WasiContext) {
  return {
    /** `random_get(buf, buf_len)`: fills the buffer with random bytes. `EFAULT`. */
    random_get(buffer: number, length: number): void {
      host.randomness.fill(memory.bytes(buffer, length));
    },
  };
}
