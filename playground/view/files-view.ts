/** The session's files: to look through, to download, to remove. New ones are dropped in. */
import type { DirectoryEntry, Session } from "wasm-repl/browser";
import { inBytes } from "../model/limits.js";
import { button, h, icon } from "./dom.js";
import { saveAs, visible } from "./names.js";

export interface FilesActions {
  read<T>(action: (session: Session) => Promise<T>): Promise<T | undefined>;
  change(label: string, action: (session: Session) => Promise<void>): Promise<void>;
  problem(message: string): void;
}

export interface FilesView {
  refresh(): Promise<void>;
  /** Adds files of the visitor's to the directory that is shown. */
  add(files: readonly File[]): Promise<void>;
}

const home = "/home/user";
const mostEntries = 500;
/** Of one file. */
const mostAddedBytes = 128 * 1024 * 1024;
const mostDownloadBytes = 512 * 1024 * 1024;

export function createFilesView(host: HTMLElement, actions: FilesActions): FilesView {
  let directory = home;

  async function refresh(): Promise<void> {
    const entries = await actions.read((session) =>
      session.files.list(directory).catch(async () => {
        directory = home;
        return session.files.list(directory).catch(() => []);
      }),
    );
    show(entries ?? []);
  }

  function show(entries: readonly DirectoryEntry[]): void {
    const sorted = [...entries].sort(
      (a, b) => Number(b.type === "directory") - Number(a.type === "directory") || (a.name < b.name ? -1 : 1),
    );
    const rows = sorted.slice(0, mostEntries).map(rowOf);
    const more = entries.length - rows.length;
    host.replaceChildren(
      h(
        "p",
        { class: "path" },
        directory !== "/" &&
          button({ class: "ghost", icon: "back", label: "The directory above", onclick: up }),
        h("bdi", {}, visible(directory)),
      ),
      rows.length === 0
        ? h("p", { class: "empty" }, "No files yet. Drop some in, or write them with code.")
        : h("ul", { class: "files" }, ...rows),
      more > 0 ? h("p", { class: "muted" }, `${more.toLocaleString("en")} more are not shown.`) : "",
    );
  }

  function rowOf({ name, type, bytes }: DirectoryEntry): HTMLElement {
    const shown = visible(name, 80);
    const label = h("bdi", {}, shown);
    const path = join(directory, name);
    if (type === "directory") {
      const enter = h(
        "button",
        { type: "button", class: "file-name", onclick: () => go(path) },
        icon("folder") as unknown as Node,
        label,
      );
      return h("li", {}, enter, removeButton(name, shown));
    }
    const isFile = type === "file";
    return h(
      "li",
      {},
      h("span", { class: "file-name" }, icon("file") as unknown as Node, label),
      h("span", { class: "file-size" }, isFile ? inBytes(bytes) : type),
      isFile &&
        button({
          class: "ghost",
          icon: "down",
          label: `Download ${shown}`,
          onclick: () => download(path, name),
        }),
      removeButton(name, shown),
    );
  }

  function removeButton(name: string, shown: string): HTMLElement {
    const onclick = () =>
      change(`Removed ${shown}`, (session) =>
        session.files.remove(join(directory, name), { recursive: true }),
      );
    return button({ class: "ghost", icon: "trash", label: `Remove ${shown}`, onclick });
  }

  function go(path: string): void {
    directory = path;
    void refresh();
  }

  function up(): void {
    go(directory.slice(0, directory.lastIndexOf("/")) || "/");
  }

  async function change(label: string, action: (session: Session) => Promise<void>): Promise<void> {
    await actions.change(label, action).catch((error) => actions.problem((error as Error).message));
    await refresh();
  }

  async function download(path: string, name: string): Promise<void> {
    try {
      const bytes = await actions.read((session) =>
        session.files.read(path, { maxBytes: mostDownloadBytes }),
      );
      if (bytes !== undefined) saveAs(name, bytes);
    } catch (error) {
      actions.problem((error as Error).message);
    }
  }

  show([]);
  return {
    refresh,
    async add(files) {
      const tooLarge = files.find(({ size }) => size > mostAddedBytes);
      if (tooLarge !== undefined) {
        const most = inBytes(mostAddedBytes);
        return actions.problem(
          `${visible(tooLarge.name, 60)} has ${inBytes(tooLarge.size)}, and the most is ${most}.`,
        );
      }
      const names = files.map(({ name }) => visible(name, 40));
      const label = names.length === 1 ? `Added ${names[0]}` : `Added ${names.length} files`;
      await change(label, async (session) => {
        for (const file of files) {
          const bytes = new Uint8Array(await file.arrayBuffer());
          await session.files.write(join(directory, addedName(file.name)), bytes);
        }
      });
    },
  };
}

function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** Into this directory, whatever the name says. */
function addedName(name: string): string {
  const plain = name.replace(/[/\0]/g, "_");
  return plain === "" || plain === "." || plain === ".." ? `${plain}_` : plain;
}
