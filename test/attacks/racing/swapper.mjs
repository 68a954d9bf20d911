// As swapper.py, for machines without Python: three renames in the place of one exchange, and several times slower.
import {
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";

const roundsBetweenLooks = 50;
const [mount, beside, list] = process.argv.slice(2);
const anchored = (path) => `/proc/self/fd/${openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)}`;
const partners = anchored(beside);
const entries = JSON.parse(list).map(([path, partner, kind]) => {
  const whole = join(mount, path);
  const other = join(partners, partner);
  return { entry: join(anchored(dirname(whole)), basename(whole)), other, target: readlinkSync(other), kind };
});
const spare = join(partners, "spare");

function exchange({ entry, other, target, kind }) {
  try {
    renameSync(entry, spare);
    renameSync(other, entry);
    renameSync(spare, other);
    return 1;
  } catch {
    // The guest has removed or moved it: what the partner is not comes into its place.
    try {
      rmSync(spare, { recursive: true, force: true });
      if (!lstatSync(other).isSymbolicLink()) symlinkSync(target, entry);
      else if (kind === "file") writeFileSync(entry, "", { flag: "wx" });
      else mkdirSync(entry);
    } catch {
      // The directory around it is gone, or the guest was faster.
    }
    return 0;
  }
}

console.log("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
let isOver = false;
process.stdin.on("end", () => {
  isOver = true;
});
let swaps = 0;
while (!isOver) {
  for (let round = 0; round < roundsBetweenLooks; round++)
    for (const entry of entries) swaps += exchange(entry);
  await setImmediate();
}
console.log(swaps);
