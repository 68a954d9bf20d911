import { cleanText } from "../terminal/filter.js";

/**
 * Prints a line of a command's own on standard error. What it quotes, of a guest or of a file's name, is not to steer
 * a terminal.
 */
export function tell(command: string, text: string): void {
  const line = `${command}: ${text}\n`;
  process.stderr.write(process.stderr.isTTY === true ? cleanText(line, "text") : line);
}
