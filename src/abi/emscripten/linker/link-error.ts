/** A library cannot be loaded, or has no such symbol. `message` says why, for the guest, which may go on. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}
