import { type ByteReader, NetworkFailure, type NetworkPort } from "../../engine/network-port.js";
import type { Grants } from "./grants.js";

/** The most bytes of what a guest gives as texts: certificates, mostly. */
const longestText = 4 * 1024 * 1024;

/** What the operations share. */
export interface NetworkState {
  readonly grants: Grants;
  readonly port: NetworkPort;
  /** Accounts for bytes. Throws if there are too many by now. */
  count(bytes: number): void;
  /** Takes something that is to be closed, and gives its number. Closes it if the guest is gone by now. */
  keep(opened: ByteReader): number;
  /** A place for a connection that is about to be made. Gives what leaves it again. */
  reserve(): () => void;
}

export function wrong(what: string): NetworkFailure {
  return new NetworkFailure("EINVAL", `${what} cannot be that`);
}

export function text(value: unknown): string {
  if (typeof value !== "string" || value.length > longestText) throw wrong("a text");
  return value;
}
