/** Makes the calls of a seed on a directory, and prints as JSON how each ends. */
import { createRandom, createStep, outcome } from "./test-linux-steps.js";

const [directory = "", seed, calls] = process.argv.slice(2);
const random = createRandom(Number(seed));
const outcomes = Array.from({ length: Number(calls) }, () => {
  const step = createStep(random);
  return outcome(() => step.theirs(directory));
});
process.stdout.write(JSON.stringify(outcomes));
