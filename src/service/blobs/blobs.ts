/**
 * Where parts of a state go that are too large for the store. A blob is written once, under a name that was never used
 * before, and before anything refers to it; what nothing refers to is swept.
 */
export interface Blobs {
  /** Resolves when it is durable. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Rejects with `BlobMissing` if there is none. */
  get(name: string): Promise<Uint8Array>;
  /** Does nothing if there is none. */
  delete(name: string): Promise<void>;
  /** The names and ages of all, in no order. */
  list(): AsyncIterable<{ readonly name: string; readonly modifiedAt: Date }>;
}

export class BlobMissing extends Error {
  override readonly name = "BlobMissing";
}
