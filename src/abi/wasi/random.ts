import type { WasiContext } from "./host.js";

const chunkBytes = 65536;

/** Randomness (`wasi_snapshot_preview1.witx`: `random_get`). */
export function randomFunctions({ host, memory }: WasiContext) {
  return {
    /** `random_get(buf, buf_len)`: fills the buffer with random bytes fit for keys. `EFAULT`. */
    random_get(buffer: number, length: number): void {
      const bytes = memory.bytes(buffer, length);
      for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
        host.fillRandom(bytes.subarray(offset, offset + chunkBytes));
      }
    },
  };
}
