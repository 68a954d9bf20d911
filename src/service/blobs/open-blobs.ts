import type { Blobs } from "./blobs.js";

/** The blobs in a directory, or in a bucket: `s3://…`. `StoreUnusable` or `StoreUnavailable` if they cannot be had. */
export async function openBlobs(place: string): Promise<Blobs> {
  if (place.startsWith("s3:")) return (await import("./s3.js")).openBlobBucket(place);
  return (await import("./directory.js")).openBlobDirectory(place);
}
