import { writeBriefly } from "../node/streams/patient-write.js";
import { cleanText } from "../terminal/filter.js";

/**
 * Prints a line of a command's own on standard error. What it quotes, of a guest or of a file's name, is not to steer
 * a terminal, and a terminal that takes nothing is not waited for.
 *
 * @param lead What comes before it: a newline, if the line before may have been cut off anywhere.
 */
export function tell(command: string, text: string, lead: "" | "\n" = ""): void {
  const line = `${lead}${command}: ${text}\n`;
  if (process.stderr.isTTY === true) writeBriefly(2, Buffer.from(cleanText(line, "text")));
  else process.stderr.write(line);
}
