import { StoreUnusable } from "../store/store-unavailable.js";

/** A bucket and how it is reached. */
export interface S3Place {
  /** For messages: without what the address says beyond bucket and prefix. */
  readonly shown: string;
  /** What all addresses begin with. */
  readonly base: string;
  readonly bucketPath: string;
  /** Of an object, by its whole key. */
  pathOf(key: string): string;
  /** What all keys begin with: empty, or with `/` at its end. */
  readonly prefix: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const parameters = ["endpoint", "region", "path-style"];

/** Reads `s3://BUCKET/PREFIX?…`. Throws `StoreUnusable`. */
export function readPlace(url: string, environment: NodeJS.ProcessEnv): S3Place {
  const parts = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./-]*))?(?:\?(.*))?$/.exec(url);
  if (!parts)
    throw new StoreUnusable("a bucket is given as s3://BUCKET or s3://BUCKET/PREFIX, and then ?NAME=VALUE&…");
  const [, bucket, path = "", search = ""] = parts as unknown as [string, string, string?, string?];
  const given = new URLSearchParams(search);
  for (const name of given.keys()) {
    if (!parameters.includes(name))
      throw new StoreUnusable(
        `a bucket has no ${JSON.stringify(name)}: it may have ${parameters.join(", ")}`,
      );
  }
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  const sessionToken = environment.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey)
    throw new StoreUnusable("a bucket needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
  const region =
    given.get("region") || environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
  const named = given.get("endpoint") || environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  const endpoint = readEndpoint(named || `https://s3.${region}.amazonaws.com`);
  // Another's endpoint has seldom a name for each bucket, and a certificate for names with dots in them nobody has.
  const usual = named || bucket.includes(".") ? "true" : "false";
  const isPathStyle = (given.get("path-style") ?? usual) === "true";
  if (!isPathStyle) endpoint.hostname = `${bucket}.${endpoint.hostname}`;
  const bucketPath = isPathStyle ? `/${bucket}` : "/";
  const prefix = path === "" || path.endsWith("/") ? path : `${path}/`;
  return {
    shown: `s3://${bucket}/${prefix}`,
    base: endpoint.origin,
    bucketPath,
    pathOf: (key) => `${bucketPath.replace(/\/$/, "")}/${key}`,
    prefix,
    region,
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
    },
  };
}

function readEndpoint(text: string): URL {
  const endpoint = URL.canParse(text) ? new URL(text) : undefined;
  if (!endpoint || !/^https?:$/.test(endpoint.protocol) || endpoint.pathname !== "/")
    throw new StoreUnusable("the endpoint of a bucket is http://HOST:PORT or https://HOST:PORT");
  return endpoint;
}
