/** The bytes are nothing that can be run here as it is asked; the message tells why, in one line. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
