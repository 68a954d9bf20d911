/** The one door by which a guest learns of chance. */
export interface Randomness {
  /** Fills a buffer of whatever length. */
  fill(bytes: Uint8Array): void;
}

/** The most that the Web Crypto call fills at once. */
const batchBytes = 65_536;

/** The host's cryptographic generator. */
export function systemRandomness(): Randomness {
  return {
    fill(bytes) {
      for (let offset = 0; offset < bytes.length; offset += batchBytes) {
        const batch = bytes.subarray(offset, offset + batchBytes);
        // Shared memory is refused, so a copy goes between.
        if (batch.buffer instanceof ArrayBuffer) crypto.getRandomValues(batch as Uint8Array<ArrayBuffer>);
        else batch.set(crypto.getRandomValues(new Uint8Array(batch.length)));
      }
    },
  };
}

/** The generator's four words of 32 bits; not all are 0. */
export type RandomState = readonly [number, number, number, number];

/**
 * The generator xoshiro128** (Blackman and Vigna), little-endian. A call takes whole words; what is left of the last one
 * is dropped, so that the words are all of its state. Who knows the seed knows what comes: it is no source of secrets.
 */
export function seededRandomness(state: RandomState): Randomness & { save(): RandomState } {
  let [a, b, c, d] = state;
  const next = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  return {
    fill(bytes) {
      for (let offset = 0; offset < bytes.length; offset += 4) {
        let word = next();
        const end = Math.min(offset + 4, bytes.length);
        for (let at = offset; at < end; at++) {
          bytes[at] = word;
          word >>>= 8;
        }
      }
    },
    save: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The state that a seed stands for: its bytes hashed to 64 bits (FNV-1a), spread to 128 by splitmix64. */
export function randomStateOf(seed: string): RandomState {
  let state = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(seed)) {
    state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
  }
  const words = [0, 1].flatMap(() => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    return [Number(mixed & 0xffff_ffffn), Number(mixed >> 32n)];
  });
  return words as unknown as RandomState;
}
