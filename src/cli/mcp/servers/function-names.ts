import { isFunctionName } from "../../../session/host-functions/table.js";

/** As long as a name may be, with room for what makes it a name of its own. */
const longest = 90;

/** A name that both languages take, as near to the given one as it can be, and none of those that are taken. */
export function functionName(given: string, taken: ReadonlySet<string>): string {
  const plain = given.replace(/[^A-Za-z0-9_]/g, "_").slice(0, longest) || "_";
  const base = [plain, `_${plain}`, `${plain}_`].find(isFunctionName) ?? "_";
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
