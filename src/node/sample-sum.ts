/** Larger files are looked at in fewer places: reading their memory is what takes the time. */
const largeBytes = 2 ** 20;
const step = { small: 64, large: 256 } as const;

/**
 * A number that tells whether some page of a file is not as it was written: cut off, or zero since a machine stopped
 * before the disk had it. Looks at a word in every 256 bytes, or every 1,024 of a large file, which takes less than a
 * tenth of a millisecond, or half of one: V8 ends the process over cached code that is damaged, and a sum of all of it
 * would cost what the cache is to spare.
 *
 * @param bytes They begin where a word may begin.
 */
export function sampleSum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const stride = bytes.length < largeBytes ? step.small : step.large;
  let sum = bytes.length;
  for (let index = 0; index < words.length; index += stride) {
    sum = Math.imul(sum ^ (words[index] as number), 0x01000193);
  }
  return sum >>> 0;
}
