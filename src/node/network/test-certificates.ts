import { createPublicKey, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";

/** A certificate with its key, in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of its own, and a certificate that it has given `localhost`. For tests only. */
export function makeCertificates(): { readonly ca: string; readonly server: TestCertificate } {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isAuthority = extension("551d13", true, sequence(tagged(0x01, Buffer.from([0xff]))));
  const signs = extension("551d0f", true, tagged(0x03, Buffer.from([0x02, 0x04])));
  const names = extension("551d11", false, sequence(tagged(0x82, Buffer.from("localhost"))));
  const ca = certificate("test authority", authority.publicKey, authority.privateKey, [isAuthority, signs]);
  const cert = certificate("localhost", server.publicKey, authority.privateKey, [names]);
  return { ca, server: { cert, key: server.privateKey.export({ type: "pkcs8", format: "pem" }) as string } };
}

/** X.509, version 3, signed by the authority with ECDSA and SHA-256. */
function certificate(subject: string, publicKey: KeyObject, signer: KeyObject, extensions: Buffer[]): string {
  const algorithm = sequence(identifier("2a8648ce3d040302"));
  const nameOf = (text: string) =>
    sequence(tagged(0x31, sequence(identifier("550403"), tagged(0x0c, Buffer.from(text)))));
  const time = (text: string) => tagged(0x18, Buffer.from(text));
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1 + subject.length])),
    algorithm,
    nameOf("test authority"),
    sequence(time("20200101000000Z"), time("20991231235959Z")),
    nameOf(subject),
    createPublicKey(publicKey.export({ type: "spki", format: "pem" })).export({
      type: "spki",
      format: "der",
    }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = createSign("sha256").update(content).sign(signer);
  const whole = sequence(content, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [tagged(0x01, Buffer.from([0xff]))] : [];
  return sequence(identifier(id), ...critical, tagged(0x04, value));
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
