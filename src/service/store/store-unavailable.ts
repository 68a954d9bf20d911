/** The store could not be reached, or did not answer: whether what was asked has happened is unknown. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
