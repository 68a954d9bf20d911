import type { NetworkPort } from "../../engine/network-port.js";
import type { Dispatcher } from "../host-functions/dispatcher.js";
import type { NetworkOptions } from "./types.js";

/** A dispatcher that answers what a guest asks of the network, if it was given any. What that takes is loaded only then. */
export async function withNetworkOf(
  options: NetworkOptions | undefined,
  dispatcher: Dispatcher,
  openNetwork: () => Promise<NetworkPort>,
): Promise<Dispatcher> {
  if (options === undefined) return dispatcher;
  const { withNetwork } = await import("./calls.js");
  const { createNetwork } = await import("./network.js");
  return withNetwork(dispatcher, createNetwork(options, await openNetwork()));
}
