/** The store could not be reached, or did not answer: whether what was asked has happened is unknown. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The store cannot be opened, and will not be able to later on its own. `message` is one line for the operator. */
export class StoreUnusable extends Error {
  override readonly name = "StoreUnusable";
}
