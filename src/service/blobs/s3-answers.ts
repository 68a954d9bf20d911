/** What of S3's answers, which are XML that a machine writes, is of use here. */

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

function element(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text?.replace(/&(?:#(\d+)|(\w+));/g, (whole, number, name) =>
    number === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number(number)),
  );
}

/** The name of an error, such as `NoSuchBucket`; undefined for what is none. */
export function codeOf(bytes: Uint8Array): string | undefined {
  return bytes.length < 65_536 ? element(textOf(bytes), "Code") : undefined;
}

/** A page of a list, and how the next one is asked for. */
export function keysOf(bytes: Uint8Array): {
  readonly keys: readonly { readonly key: string; readonly modifiedAt: Date }[];
  readonly next: string | undefined;
} {
  const xml = textOf(bytes);
  const keys = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].flatMap(([, entry = ""]) => {
    const key = element(entry, "Key");
    const modifiedAt = new Date(element(entry, "LastModified") ?? "");
    return key === undefined || Number.isNaN(modifiedAt.getTime()) ? [] : [{ key, modifiedAt }];
  });
  const isCut = element(xml, "IsTruncated") === "true";
  return { keys, next: isCut ? element(xml, "NextContinuationToken") : undefined };
}
