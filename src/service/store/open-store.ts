import { openSqliteStore } from "./sqlite/open-sqlite-store.js";
import type { Store } from "./store.js";
import { StoreUnusable } from "./store-unavailable.js";

/** The store in a directory of this machine's, or in a PostgreSQL database. `StoreUnusable` if it cannot be had. */
export async function openStore(place: { data: string } | { postgres: string }): Promise<Store> {
  if ("data" in place) return openSqliteStore(place.data);
  throw new StoreUnusable("there is no PostgreSQL yet");
}
