import type { GuestCall, HostAnswer } from "../../guest/host-line.js";
import { networkCallPrefix } from "../../guest/host-line.js";
import { readArguments } from "../host-functions/bind-arguments.js";
import type { Dispatcher } from "../host-functions/dispatcher.js";
import { encodeValue } from "../host-functions/values.js";
import { type Network, networkFailure } from "./network.js";

/** More than any certificate, or piece of a stream, has. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** Answers are sent one by one while a guest waits, so these come at the same time at most. */
const mostAtOnce = 4096;

/**
 * A dispatcher that carries out what a guest does in the network besides. These calls are none of the host functions': they
 * go on when a run is stopped, as connections do, and end with the guest.
 */
export function withNetwork(dispatcher: Dispatcher, network: Network): Dispatcher {
  let send: (answers: readonly HostAnswer[]) => void = () => {};
  let pending = new Map<number, AbortController>();

  async function perform({ id, name, args }: GuestCall): Promise<void> {
    const controller = new AbortController();
    const guest = pending;
    const answer = (made: HostAnswer) => {
      // Not if it is wanted no more, or of a guest that is gone.
      if (guest === pending && pending.get(id) === controller) {
        pending.delete(id);
        send([made]);
      }
    };
    if (pending.size >= mostAtOnce) {
      send([{ id, error: { type: "EAGAIN", message: "too much is asked of the network at a time" } }]);
      return;
    }
    pending.set(id, controller);
    try {
      const operation = name.slice(networkCallPrefix.length);
      const value = await network.perform(operation, readArguments(args).args[0], controller.signal);
      answer({ id, value: encodeValue(value, maxAnswerBytes) });
    } catch (error) {
      answer({ id, error: networkFailure(error) });
    }
  }

  return {
    get table() {
      return dispatcher.table;
    },
    get pending() {
      return dispatcher.pending;
    },
    declare: dispatcher.declare,
    named: dispatcher.named,
    begin: dispatcher.begin,
    abort: dispatcher.abort,
    connect(to) {
      for (const controller of pending.values()) controller.abort();
      pending = new Map();
      network.closeAll();
      send = to;
      dispatcher.connect(to);
    },
    take(calls, cancelled) {
      const own = calls.filter(({ name }) => name.startsWith(networkCallPrefix));
      for (const call of own) void perform(call);
      for (const id of cancelled) {
        pending.get(id)?.abort();
        pending.delete(id);
      }
      dispatcher.take(own.length === 0 ? calls : calls.filter((call) => !own.includes(call)), cancelled);
    },
  };
}
