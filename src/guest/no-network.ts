import type { GuestCall, HostAnswer } from "./host-line.js";

/** What a guest is told that asks something of a network which it was not given. */
export function withoutNetwork({ id }: GuestCall): HostAnswer {
  const message =
    "this program was given no network: --allow-net HOST[:PORT] gives it (in the library, network: { allow: [...] })";
  return { id, error: { type: "EACCES", message } };
}
