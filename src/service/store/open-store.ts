import type { Store } from "./store.js";

/**
 * The store in a directory of this machine's, or in a PostgreSQL database. `StoreUnusable` if it cannot be had, and
 * `StoreUnavailable` if the database does not answer now.
 */
export async function openStore(
  place: { data: string } | { postgres: string },
  membershipTimeoutMs: number,
): Promise<Store> {
  // Each loads what the other has no use for.
  if ("data" in place) return (await import("./sqlite/open-sqlite-store.js")).openSqliteStore(place.data);
  return (await import("./postgres/open-postgres-store.js")).openPostgresStore(place.postgres, {
    membershipTimeoutMs,
  });
}
