import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * As much of S3 as a service uses, for tests: objects in memory, and what the protocol's description says of signatures,
 * checked to the letter and written from it, not with what signs here.
 */
export interface TestS3 {
  readonly endpoint: string;
  /** Object keys of the one bucket, `states`, which is empty at first. */
  readonly objects: Map<string, { bytes: Buffer; modifiedAt: Date }>;
  /** Paths of all requests whose signatures were right, with their methods in front. */
  readonly requests: string[];
  /** What the next requests get in the place of an answer, one each. */
  readonly faults: ("503" | "cut" | "403")[];
  close(): Promise<void>;
}

export const testCredentials = { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret/of+tests" };
const bucket = "states";
/** Shorter than S3's own, so that a list has several pages. */
const longestPage = 3;

export async function startS3(region = "us-east-1", sessionToken?: string): Promise<TestS3> {
  const objects: TestS3["objects"] = new Map();
  const requests: string[] = [];
  const faults: TestS3["faults"] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fail = (status: number, code: string) => {
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(`<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>no</Message></Error>`);
    };
    const fault = faults.shift();
    if (fault === "cut") return void request.socket.destroy();
    if (fault !== undefined) return fail(Number(fault), fault === "503" ? "SlowDown" : "AccessDenied");
    const wrong = signatureProblem(request, body, region, sessionToken);
    if (wrong !== undefined) return fail(403, wrong);
    const url = new URL(request.url ?? "", "http://s3");
    requests.push(`${request.method} ${url.pathname}`);
    // In the path, or in the name of the host.
    const isPathStyle = !String(request.headers.host).startsWith(`${bucket}.`);
    const path = decodeURIComponent(url.pathname);
    const [, named = "", key = ""] = isPathStyle
      ? (/^\/([^/]*)\/?(.*)$/s.exec(path) ?? [])
      : ["", bucket, path.slice(1)];
    if (named !== bucket) return fail(404, "NoSuchBucket");
    if (key === "") {
      response.writeHead(200, { "content-type": "application/xml" });
      response.end(listOf(url.searchParams));
    } else if (request.method === "PUT") {
      if (request.headers["content-length"] === undefined) return fail(411, "MissingContentLength");
      objects.set(key, { bytes: body, modifiedAt: new Date() });
      response.end();
    } else if (request.method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else {
      const object = objects.get(key);
      if (!object) return fail(404, "NoSuchKey");
      response.writeHead(200, { "content-length": object.bytes.length }).end(object.bytes);
    }
  }

  function listOf(query: URLSearchParams): string {
    const [prefix, after] = [query.get("prefix") ?? "", query.get("continuation-token") ?? ""];
    const most = Math.min(longestPage, Number(query.get("max-keys") ?? 1000));
    const rest = [...objects.keys()].sort().filter((key) => key.startsWith(prefix) && key > after);
    const page = rest.slice(0, most);
    const isCut = rest.length > page.length;
    const entries = page.map((key) => {
      const at = objects.get(key)?.modifiedAt.toISOString();
      return `<Contents><Key>${escaped(key)}</Key><LastModified>${at}</LastModified><Size>1</Size></Contents>`;
    });
    const next = isCut ? `<NextContinuationToken>${escaped(page.at(-1) ?? "")}</NextContinuationToken>` : "";
    return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>${bucket}</Name><IsTruncated>${isCut}</IsTruncated>${next}${entries.join("")}</ListBucketResult>`;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://localhost:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** What S3 calls what is wrong with a request's signature (version 4, in its headers); undefined if nothing is. */
function signatureProblem(
  request: IncomingMessage,
  body: Buffer,
  region: string,
  token?: string,
): string | undefined {
  const { headers } = request;
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/;
  const found = form.exec(String(headers.authorization));
  if (!found) return "AccessDenied";
  const [, id, day = "", signedRegion, names = "", signature] = found;
  if (id !== testCredentials.AWS_ACCESS_KEY_ID) return "InvalidAccessKeyId";
  if (signedRegion !== region) return "AuthorizationHeaderMalformed";
  const time = String(headers["x-amz-date"]);
  const [, year, month, date, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const sentAt = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  if (!(Math.abs(sentAt - Date.now()) < 15 * 60_000) || !time.startsWith(day)) return "RequestTimeTooSkewed";
  if ((headers["x-amz-security-token"] ?? undefined) !== token) return "InvalidToken";
  const hash = String(headers["x-amz-content-sha256"]);
  if (hash !== sha256(body)) return "XAmzContentSHA256Mismatch";
  const signed = names.split(";");
  const mustBeSigned = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
  if (mustBeSigned.some((name) => !signed.includes(name)) || [...signed].sort().join(";") !== names)
    return "AccessDenied";
  const url = new URL(request.url ?? "", "http://s3");
  const canonical = [
    request.method,
    url.pathname
      .split("/")
      .map((part) => encoded(decodeURIComponent(part)))
      .join("/"),
    [...url.searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join("&"),
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, " ")}`),
    "",
    names,
    hash,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const dayKey = hmac(`AWS4${testCredentials.AWS_SECRET_ACCESS_KEY}`, day);
  const key = hmac(hmac(hmac(dayKey, region), "s3"), "aws4_request");
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex");
  return signature === expected ? undefined : "SignatureDoesNotMatch";
}
