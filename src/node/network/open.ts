import type { NetworkPort } from "../../engine/network-port.js";

/** The network of this machine. Loaded only for sessions that were given some of it. */
export async function openNetwork(): Promise<NetworkPort> {
  return (await import("./network-port.js")).nodeNetwork;
}
