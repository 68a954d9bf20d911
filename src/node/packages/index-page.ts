import { packageError } from "../../packages/package-error.js";

/** A file that an index lists. */
export interface ListedFile {
  readonly file: string;
  readonly url: string;
  readonly sha256: string | undefined;
  readonly requiresPython: string | undefined;
  readonly isYanked: boolean;
  /** The SHA-256 of its metadata, if that can be fetched by itself. */
  readonly metadataSha256: string | undefined;
}

/** What to ask an index for: JSON (PEP 691), or else HTML (PEP 503). */
export const indexTypes =
  "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

const mostFiles = 50_000;

/** Reads the page of a package. `PACKAGES_UNAVAILABLE` for what is none. */
export function readIndexPage(text: string, contentType: string, url: string): ListedFile[] {
  const files = /\bjson\b/.test(contentType) ? readJson(text, url) : readHtml(text, url);
  return files.slice(0, mostFiles);
}

function readJson(text: string, url: string): ListedFile[] {
  let files: unknown;
  try {
    files = JSON.parse(text)?.files;
  } catch {
    files = undefined;
  }
  if (!Array.isArray(files)) throw packageError(`${url} is no page of a package index`);
  return files.flatMap((entry): ListedFile[] => {
    const fields = Object(entry);
    const address = addressOf(fields.url, url);
    if (typeof fields.filename !== "string" || address === undefined) return [];
    const metadata = fields["core-metadata"] ?? fields["dist-info-metadata"];
    return [
      {
        file: fields.filename,
        url: address,
        sha256: digestOf(Object(fields.hashes).sha256),
        requiresPython: textOf(fields["requires-python"]),
        isYanked: fields.yanked !== undefined && fields.yanked !== false,
        metadataSha256: digestOf(Object(metadata).sha256),
      },
    ];
  });
}

function readHtml(text: string, url: string): ListedFile[] {
  if (!/<(!doctype html|html|head|body|a\b)/i.test(text))
    throw packageError(`${url} is no page of a package index`);
  return [...text.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi)].flatMap(
    ([, attributes = "", name = ""]): ListedFile[] => {
      const attribute = (wanted: string) => {
        const [, value] = new RegExp(`(?:^|\\s)${wanted}\\s*=\\s*"([^"]*)"`, "i").exec(attributes) ?? [];
        return value === undefined ? undefined : unescaped(value);
      };
      const address = addressOf(attribute("href"), url);
      if (address === undefined) return [];
      const [plain = "", fragment = ""] = address.split("#");
      const metadata = attribute("data-core-metadata") ?? attribute("data-dist-info-metadata");
      return [
        {
          file: unescaped(name).trim(),
          url: plain,
          sha256: digestOf(/(?:^|&)sha256=([0-9a-f]+)/i.exec(fragment)?.[1]),
          requiresPython: attribute("data-requires-python"),
          isYanked: /(?:^|\s)data-yanked\b/i.test(attributes),
          metadataSha256: digestOf(/^sha256=(.*)$/.exec(metadata ?? "")?.[1]),
        },
      ];
    },
  );
}

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&", "#39": "'" };
  return text.replaceAll(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => names[name] as string);
}

function addressOf(value: unknown, base: string): string | undefined {
  if (typeof value !== "string" || !URL.canParse(value, base)) return undefined;
  const address = new URL(value, base);
  return address.protocol === "https:" || address.protocol === "http:" ? address.href : undefined;
}

function digestOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
