import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StoreUnavailable } from "../store-unavailable.js";
import { openPostgresStore } from "./open-postgres-store.js";
import { startPostgres, withoutPostgres } from "./test-postgres.js";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** A certificate that signs itself, in `name.crt` and `name.key`. */
function makeCertificate(directory: string, name: string): { certificate: string; key: string } {
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const made = spawnSync("openssl", [
    ...words,
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", key, "-out", certificate],
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  return { certificate, key };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("the connection is encrypted, and the server's certificate checked, as the address of the database says", {
  skip: withoutPostgres || (!hasOpenssl && "there is no openssl to make a certificate with"),
}, async () => {
  const own = mkdtempSync(join(tmpdir(), "wasm-repl-tls-"));
  const another = makeCertificate(own, "another");
  const port = await freePort();
  const postgres = await startPostgres(["listen_addresses=127.0.0.1"], port);
  try {
    const { certificate, key } = makeCertificate(postgres.home, "server");
    const { uid, gid } = statSync(join(postgres.home, "data"));
    for (const file of [certificate, key]) chownSync(file, uid, gid);
    await postgres.query(`ALTER SYSTEM SET ssl_cert_file = '${certificate}'`);
    await postgres.query(`ALTER SYSTEM SET ssl_key_file = '${key}'`);
    await postgres.query("ALTER SYSTEM SET ssl = on");
    await postgres.query("SELECT pg_reload_conf()");
    const database = new URL(await postgres.createDatabase()).pathname;
    const open = (parameters: string) =>
      openPostgresStore(`postgres://postgres@localhost:${port}${database}?${parameters}`);
    const store = await open(`sslmode=verify-full&sslrootcert=${certificate}`);
    const members = await postgres.query(
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'wasm-repl'",
    );
    assert.ok(members.length > 0 && members.every(({ ssl }) => ssl === true));
    await store.close();
    await assert.rejects(open(`sslmode=verify-full&sslrootcert=${another.certificate}`), StoreUnavailable);
    await assert.rejects(open("sslmode=verify-full"), /certificate/);
  } finally {
    await postgres.end();
    rmSync(own, { recursive: true });
  }
});
