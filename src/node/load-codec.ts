import type { Codec } from "../engine/codec.js";

/** What it needs of Node.js takes longer to load than a short program does to run, so it is loaded only here. */
export async function loadCodec(): Promise<Codec> {
  return (await import("./codec.js")).nodeCodec;
}
