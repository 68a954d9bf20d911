import type { ResumeAnswer } from "../session/options.js";
import type { Mount } from "../vfs/mount-spec.js";
import { fromJsonValue, lossOfNumbers } from "../wire/json-values.js";
import { jsonText, readOwnFile } from "./json-file.js";
import { UsageError } from "./usage-error.js";

/** Answers to calls, as JSON has them: `[{"call", "value" | "error"}]`. What else is wrong with them is the session's to say. */
export function readAnswers(results: readonly unknown[]): ResumeAnswer[] {
  return results.map((result, index) => {
    if (typeof result !== "object" || result === null || Array.isArray(result)) {
      throw new Error(`the answer ${index} must be an object`);
    }
    if (!("value" in result)) return result as ResumeAnswer;
    return { ...result, value: fromJsonValue(result.value) } as ResumeAnswer;
  });
}

/**
 * The answers in a file: a list of them, or an object of the calls' values by their names.
 *
 * @param path `-` is standard input.
 */
export async function readAnswersFile(path: string, mounts: readonly Mount[]): Promise<ResumeAnswer[]> {
  const name = path === "-" ? "standard input" : path;
  const text = jsonText(path === "-" ? await readInput() : readOwnFile(path, mounts), name);
  const loss = lossOfNumbers(text);
  if (loss !== undefined) throw new UsageError(`${name} has no answers: the number ${loss}`);
  const given: unknown = JSON.parse(text);
  try {
    if (Array.isArray(given)) return readAnswers(given);
    if (typeof given !== "object" || given === null)
      throw new Error("they are a list, or an object by calls");
    return Object.entries(given).map(([call, value]) => ({ call, value: fromJsonValue(value) }));
  } catch (error) {
    throw new UsageError(`${name} has no answers: ${(error as Error).message}`);
  }
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}
