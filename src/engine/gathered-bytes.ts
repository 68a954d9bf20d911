/** The least room that is made, in bytes. */
const leastRoom = 4096;

/** Bytes that come in pieces, kept in one place that grows: a guest may write a million pieces of one byte each. */
export interface GatheredBytes {
  add(bytes: Uint8Array): void;
  /** What was added since it was last taken; good until more is. */
  readonly now: Uint8Array;
  /** What was added since the last time. */
  take(): Uint8Array;
}

export function createGatheredBytes(): GatheredBytes {
  let room = new Uint8Array(0);
  let length = 0;
  return {
    add(bytes) {
      const needed = length + bytes.length;
      if (needed > room.length) {
        const larger = new Uint8Array(Math.max(needed, 2 * room.length, leastRoom));
        larger.set(room.subarray(0, length));
        room = larger;
      }
      room.set(bytes, length);
      length = needed;
    },
    get now() {
      return room.subarray(0, length);
    },
    take() {
      const bytes = room.subarray(0, length);
      room = new Uint8Array(0);
      length = 0;
      return bytes;
    },
  };
}
