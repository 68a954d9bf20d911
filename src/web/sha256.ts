import type { Sha256 } from "../engine/codec.js";

const blockBytes = 64;

/** The round constants: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
const roundConstants = Int32Array.from(primes(64), (prime) => fractionBits(prime, Math.cbrt));
/** The same of the square roots of the first eight. */
const firstState = Int32Array.from(primes(8), (prime) => fractionBits(prime, Math.sqrt));

/** SHA-256 (FIPS 180-4). What browsers have of their own is asynchronous, and only for pages from a secure place. */
export function createSha256(): Sha256 {
  const state = firstState.slice();
  const block = new Uint8Array(blockBytes);
  const blockView = new DataView(block.buffer);
  const schedule = new Int32Array(64);
  let filled = 0;
  let length = 0;

  function update(bytes: Uint8Array): void {
    length += bytes.length;
    let start = 0;
    if (filled > 0) {
      start = Math.min(blockBytes - filled, bytes.length);
      block.set(bytes.subarray(0, start), filled);
      filled += start;
      if (filled < blockBytes) return;
      compress(blockView, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; start + blockBytes <= bytes.length; start += blockBytes) compress(view, start);
    block.set(bytes.subarray(start));
    filled = bytes.length - start;
  }

  // All numbers here are of 32 bits with a sign, which engines compute with as machines do.
  function compress(view: DataView, start: number): void {
    for (let index = 0; index < 16; index++) schedule[index] = view.getInt32(start + 4 * index);
    for (let index = 16; index < 64; index++) {
      const early = schedule[index - 15] as number;
      const late = schedule[index - 2] as number;
      const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
      const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
      schedule[index] =
        (((schedule[index - 16] as number) + s0) | 0) + (((schedule[index - 7] as number) + s1) | 0);
    }
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
    let e = state[4] as number;
    let f = state[5] as number;
    let g = state[6] as number;
    let h = state[7] as number;
    for (let index = 0; index < 64; index++) {
      const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const choice = (e & f) ^ (~e & g);
      const word = ((roundConstants[index] as number) + (schedule[index] as number)) | 0;
      const first = (((((h + sum1) | 0) + choice) | 0) + word) | 0;
      const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + ((sum0 + majority) | 0)) | 0;
    }
    state[0] = (state[0] as number) + a;
    state[1] = (state[1] as number) + b;
    state[2] = (state[2] as number) + c;
    state[3] = (state[3] as number) + d;
    state[4] = (state[4] as number) + e;
    state[5] = (state[5] as number) + f;
    state[6] = (state[6] as number) + g;
    state[7] = (state[7] as number) + h;
  }

  return {
    update,
    digest() {
      const bits = length * 8;
      const padding = new Uint8Array(((filled < 56 ? 56 : 120) - filled + 8) | 0);
      padding[0] = 0x80;
      const view = new DataView(padding.buffer);
      view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
      view.setUint32(padding.length - 4, bits);
      update(padding);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    },
  };
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found;
}

function fractionBits(prime: number, root: (value: number) => number): number {
  return Math.floor((root(prime) % 1) * 2 ** 32) | 0;
}
