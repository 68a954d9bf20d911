import { firstReadingUs } from "../abi/clocks.js";
import { type Doors, openDoors } from "../abi/doors.js";

/** When every image was booted, as far as the interpreter in it knows. */
const bootTimeMs = Date.UTC(2020, 0, 1);

/**
 * Time and chance while an image is made: always the same, so that two builds give the same bytes. What a session must
 * have of its own is made anew when it starts. The monotonic clock stays below what a session's begins with.
 */
export function bootDoors(): Doors {
  return openDoors({ seed: "image", startTimeMs: bootTimeMs }, firstReadingUs / 2);
}
