import { Failure } from "../failure.js";

/** What all large bodies together may take, of requests and of answers. */
const mostBytes = 512 * 1024 * 1024;

/** Memory that is shared by those who send or get much. */
export interface Budget {
  /** Takes some of it until the function that it gives is called. `BUSY` if there is not as much now. */
  take(bytes: number): () => void;
}

export function createBudget(most = mostBytes): Budget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > most) throw new Failure("BUSY", "too much is sent and got at a time");
      taken += bytes;
      let isBack = false;
      return () => {
        if (!isBack) taken -= bytes;
        isBack = true;
      };
    },
  };
}
