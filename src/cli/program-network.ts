import type { ThreadHandle } from "../engine/handle.js";
import type { Language } from "../engine/runtime.js";
import { openNetwork } from "../node/network/open.js";
import { defaults } from "../session/defaults.js";
import { createDispatcher } from "../session/host-functions/dispatcher.js";
import type { NetworkOptions } from "../session/network/types.js";
import { withNetworkOf } from "../session/network/with-network.js";

/** Gives the guest of a thread, which has begun, what it may reach of the network. */
export async function connectNetwork(
  language: Language,
  handle: ThreadHandle,
  options: NetworkOptions,
): Promise<void> {
  const dispatcher = await withNetworkOf(
    options,
    createDispatcher(language, defaults, new Map()),
    openNetwork,
  );
  handle.onCalls = dispatcher.take;
  dispatcher.connect((answers) => handle.answerCalls(answers));
}
