import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../../engine/runtime.js";
import { runtimesDirectory } from "./bundled.js";

/** Names an interpreter's image: two sessions fit together only if these agree. */
export function imageName({ language, stock }: Runtime): string {
  if (stock !== undefined) return stock.imageName;
  const images = JSON.parse(readFileSync(join(runtimesDirectory(), "images.json"), "utf8"));
  return images[language];
}
