import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { StoreUnavailable, StoreUnusable } from "../store/store-unavailable.js";
import { checkBlobName, isBlobName } from "./blob-name.js";
import { BlobMissing, type Blobs } from "./blobs.js";
import { codeOf, keysOf } from "./s3-answers.js";
import { readPlace, type S3Place } from "./s3-place.js";

/** So often something is asked that the service could not do just now, or that was not answered. */
const attempts = 4;
const firstDelayMs = 100;
/** An answer is waited for so long, and for each mebibyte that is sent or comes so much more. */
const answerTimeoutMs = 20_000;
const timeoutOfMebibyteMs = 2000;

type Method = "GET" | "PUT" | "DELETE";

/**
 * Blobs as objects of a bucket: `s3://BUCKET/PREFIX?endpoint=URL&region=REGION&path-style=true`, all but the bucket
 * optional, with credentials from the environment as AWS's own tools take them. What a bucket answered with success is
 * kept: S3 itself and services like it promise so. `StoreUnusable` if the address or the credentials are wrong, or if
 * there is no such bucket; `StoreUnavailable` if there is no answer.
 */
export async function openBlobBucket(url: string, environment = process.env): Promise<Blobs> {
  const place = readPlace(url, environment);
  const client = new AwsClient({ ...place.credentials, service: "s3", region: place.region, retries: 0 });
  const objectOf = (name: string) => {
    checkBlobName(name);
    return place.prefix + name;
  };

  /** The answer and its body; an answer that is no success is an error, but for a 404. */
  async function ask(method: Method, path: string, query: Record<string, string>, body?: Uint8Array) {
    const target = new URL(path, place.base);
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    const headers = {
      "x-amz-content-sha256": createHash("sha256")
        .update(body ?? "")
        .digest("hex"),
      ...(body === undefined ? {} : { "content-type": "application/octet-stream" }),
    };
    const mebibytes = Math.ceil((body?.length ?? 0) / 2 ** 20);
    const timeoutMs = answerTimeoutMs + mebibytes * timeoutOfMebibyteMs;
    let problem = "";
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await setTimeout(firstDelayMs * 2 ** attempt * (0.5 + Math.random()));
      try {
        const init = { method, headers, ...(body === undefined ? {} : { body }) };
        const request = await client.sign(target.href, init);
        const answer = await fetch(request, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (answer.ok || answer.status === 404) return { status: answer.status, bytes };
        const { status } = answer;
        problem = `${status} ${codeOf(bytes) ?? ""}`.trim();
        if (status < 500 && status !== 429) throw new Refused(place, problem);
      } catch (error) {
        if (error instanceof Refused) throw error;
        problem = causeOf(error);
      }
    }
    throw new BucketUnavailable(place, problem);
  }

  function checkBucket(bytes: Uint8Array): void {
    if (codeOf(bytes) === "NoSuchBucket") throw new Refused(place, "there is no such bucket");
  }

  async function page(after: string | undefined, most: number) {
    const { status, bytes } = await ask("GET", place.bucketPath, {
      "list-type": "2",
      prefix: place.prefix,
      "max-keys": `${most}`,
      ...(after === undefined ? {} : { "continuation-token": after }),
    });
    if (status === 404) throw new Refused(place, "there is no such bucket");
    return keysOf(bytes);
  }

  try {
    await page(undefined, 1);
  } catch (error) {
    throw error instanceof Refused ? new StoreUnusable(error.message, { cause: error }) : error;
  }

  return {
    async put(name, bytes) {
      const { status, bytes: answer } = await ask("PUT", place.pathOf(objectOf(name)), {}, bytes);
      if (status === 404) throw new Refused(place, codeOf(answer) ?? "404");
    },

    async get(name) {
      const { status, bytes } = await ask("GET", place.pathOf(objectOf(name)), {});
      if (status !== 404) return bytes;
      checkBucket(bytes);
      throw new BlobMissing(`there is no blob ${name}`);
    },

    async delete(name) {
      const { status, bytes } = await ask("DELETE", place.pathOf(objectOf(name)), {});
      if (status === 404) checkBucket(bytes);
    },

    async *list() {
      let after: string | undefined;
      do {
        const { keys, next } = await page(after, 1000);
        for (const { key, modifiedAt } of keys) {
          const name = key.startsWith(place.prefix) ? key.slice(place.prefix.length) : "";
          if (isBlobName(name)) yield { name, modifiedAt };
        }
        after = next;
      } while (after !== undefined);
    },
  };
}

class BucketUnavailable extends StoreUnavailable {
  constructor({ shown }: S3Place, problem: string) {
    super(`the bucket ${shown} cannot be used: ${problem}`);
  }
}

/** The answer would be the same again. */
class Refused extends BucketUnavailable {}

/** What the network said. The errors of `fetch` have it behind them. */
function causeOf(error: unknown): string {
  const { cause, name, message } = error as Error;
  if (name === "TimeoutError") return "no answer in time";
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
}
