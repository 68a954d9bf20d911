import { textOf } from "./file-tools.js";
import type { ReadResourceResult, Resource } from "./sdk.js";
import { ToolError } from "./tool.js";
import type { Workspace } from "./workspace.js";

const scheme = "sandbox";
const mostFileBytes = 16 * 1024 * 1024;
/** The most sessions that are looked at for a list, and the most files in it. */
const mostSessions = 20;
const mostFiles = 500;

const typesOfEndings: Readonly<Record<string, string>> = {
  csv: "text/csv",
  gif: "image/gif",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  md: "text/markdown",
  pdf: "application/pdf",
  png: "image/png",
  py: "text/x-python",
  svg: "image/svg+xml",
  txt: "text/plain",
  webp: "image/webp",
};

export const resourceTemplates = [
  {
    uriTemplate: `${scheme}://{session}/{+path}`,
    name: "A file of a session",
    description: "By the session's name and the file's absolute path, without its first slash",
  },
];

/** The files in the working directories of a client's sessions. */
export async function listResources(workspace: Workspace): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const name of workspace.names().slice(0, mostSessions)) {
    const files = await workspace.use(name, async ({ files }) => files.list("/home/user")).catch(() => []);
    for (const { name: file, type, bytes } of files) {
      if (type !== "file" || found.length >= mostFiles) continue;
      const path = `/home/user/${file}`;
      const mimeType = typeOf(file);
      found.push({
        uri: uriOf(name, path),
        name: file,
        size: bytes,
        ...(mimeType === undefined ? {} : { mimeType }),
      });
    }
  }
  return found;
}

export async function readResource(workspace: Workspace, uri: string): Promise<ReadResourceResult> {
  const { session, path } = placeOf(uri);
  workspace.mustHave(session);
  const bytes = await workspace.use(session, ({ files }) => files.read(path, { maxBytes: mostFileBytes }));
  const text = textOf(bytes);
  const mimeType = typeOf(path) ?? (text === undefined ? "application/octet-stream" : "text/plain");
  return {
    contents: [
      text === undefined
        ? { uri, mimeType, blob: Buffer.from(bytes).toString("base64") }
        : { uri, mimeType, text },
    ],
  };
}

function uriOf(session: string, path: string): string {
  return `${scheme}://${session}${path.split("/").map(encodeURIComponent).join("/")}`;
}

function placeOf(uri: string): { session: string; path: string } {
  const [, session = "", path = ""] = /^sandbox:\/\/([A-Za-z0-9_.-]{1,64})(\/.+)$/s.exec(uri) ?? [];
  try {
    if (path !== "") return { session, path: decodeURIComponent(path) };
  } catch {
    // No text is encoded so.
  }
  throw new ToolError(`there is no resource of that address: they are ${scheme}://SESSION/PATH`);
}

function typeOf(path: string): string | undefined {
  return typesOfEndings[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""];
}
