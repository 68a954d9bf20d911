import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { StoreUnavailable, StoreUnusable } from "../store/store-unavailable.js";
import { openBlobBucket } from "./s3.js";
import { readPlace } from "./s3-place.js";
import { blobsContract } from "./test-blobs-contract.js";
import { startS3, type TestS3, testCredentials } from "./test-s3.js";

let contract: TestS3;
blobsContract("blobs in a bucket", {
  async open() {
    contract = await startS3("eu-central-1");
    contract.objects.set("others/x", { bytes: Buffer.from("theirs"), modifiedAt: new Date() });
    contract.objects.set("ours/below/x", { bytes: Buffer.from("theirs"), modifiedAt: new Date() });
    const url = `s3://states/ours?endpoint=${contract.endpoint}&region=eu-central-1`;
    return openBlobBucket(url, testCredentials);
  },
  async close() {
    assert.deepEqual([...contract.objects.keys()].sort(), ["others/x", "ours/below/x"]);
    await contract.close();
  },
});

describe("a bucket", () => {
  let s3: TestS3;
  const open = (
    url = `s3://states?endpoint=${s3.endpoint}`,
    environment: NodeJS.ProcessEnv = testCredentials,
  ) => openBlobBucket(url, environment);
  before(async () => {
    s3 = await startS3();
  });
  after(() => s3.close());

  test("what it cannot do just now is asked for again, and then given up", async () => {
    const blobs = await open();
    s3.faults.push("503", "cut", "503");
    await blobs.put("a", Buffer.from("kept"));
    s3.faults.push("cut");
    assert.equal(Buffer.from(await blobs.get("a")).toString(), "kept");
    s3.faults.push("503", "503", "503", "503");
    await assert.rejects(blobs.put("b", Buffer.from("x")), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable);
      assert.equal(error.message, "the bucket s3://states/ cannot be used: 503 SlowDown");
      return true;
    });
    s3.faults.push("403");
    await assert.rejects(blobs.get("a"), /403 AccessDenied/);
    assert.deepEqual(s3.faults, []);
  });

  test("wrong credentials, another region and a bucket that is not there are told when it is opened", async () => {
    const wrong = { ...testCredentials, AWS_SECRET_ACCESS_KEY: "another" };
    const refusals: [string, NodeJS.ProcessEnv, RegExp][] = [
      [`s3://states?endpoint=${s3.endpoint}`, wrong, /403 SignatureDoesNotMatch/],
      [`s3://states?endpoint=${s3.endpoint}`, { ...wrong, AWS_ACCESS_KEY_ID: "x" }, /InvalidAccessKeyId/],
      [`s3://states?endpoint=${s3.endpoint}&region=mars`, testCredentials, /AuthorizationHeaderMalformed/],
      [`s3://absent?endpoint=${s3.endpoint}`, testCredentials, /no such bucket/],
      [`s3://states?endpoint=${s3.endpoint}`, {}, /AWS_ACCESS_KEY_ID/],
      ["s3://states?endpoint=ftp://x", testCredentials, /endpoint/],
      ["s3://states?secret=x", testCredentials, /no "secret"/],
      ["s3://UPPER", testCredentials, /s3:\/\/BUCKET/],
      ["s3://a@b", testCredentials, /s3:\/\/BUCKET/],
    ];
    for (const [url, environment, message] of refusals) {
      await assert.rejects(open(url, environment), (error: Error) => {
        assert.ok(error instanceof StoreUnusable, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|secret\/of/);
        return true;
      });
    }
  });

  test("one that cannot be reached is unavailable", async () => {
    const closed = await startS3();
    await closed.close();
    await assert.rejects(open(`s3://states?endpoint=${closed.endpoint}`), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable);
      assert.match(error.message, /ECONNREFUSED/);
      return true;
    });
  });

  test("credentials for a session are signed with, and the environment says where and what region", async (t) => {
    const other = await startS3("eu-west-1", "token=of/session");
    t.after(() => other.close());
    const environment = {
      ...testCredentials,
      AWS_SESSION_TOKEN: "token=of/session",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL_S3: other.endpoint,
    };
    const blobs = await open("s3://states/deep/prefix/", environment);
    await blobs.put("a", Buffer.from("x"));
    assert.deepEqual(other.requests, ["GET /states", "PUT /states/deep/prefix/a"]);
  });

  test("the bucket is in the host's name where that is usual, and in the path where it is not", () => {
    const addressOf = (url: string) => {
      const { base, pathOf } = readPlace(url, testCredentials);
      return base + pathOf("k");
    };
    assert.equal(addressOf("s3://states"), "https://states.s3.us-east-1.amazonaws.com/k");
    assert.equal(
      addressOf("s3://dotted.name?region=eu-north-1"),
      "https://s3.eu-north-1.amazonaws.com/dotted.name/k",
    );
    assert.equal(
      addressOf("s3://states?endpoint=https://s3.example:9000"),
      "https://s3.example:9000/states/k",
    );
    assert.equal(
      addressOf("s3://states?endpoint=https://s3.example:9000&path-style=false"),
      "https://states.s3.example:9000/k",
    );
  });
});
