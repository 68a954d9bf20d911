import type { Language } from "wasm-repl/browser";
import { createDesk, type Desk, nameOf } from "./desk.js";
import { showAbout } from "./dialogs/about.js";
import { exampleCards, showExamples } from "./dialogs/examples.js";
import { showLimits } from "./dialogs/limits.js";
import { showMore } from "./dialogs/more.js";
import { showSessions } from "./dialogs/sessions.js";
import { showShare } from "./dialogs/share.js";
import { showShared } from "./dialogs/shared.js";
import { becomesIsolated } from "./isolation.js";
import { isLink, readLink, type Shared } from "./model/link.js";
import type { NotebookOptions } from "./model/notebook.js";
import { copyOf, listSessions, newSession, sessionFrom, storedSession } from "./sessions.js";
import { lastLanguage, lastSession, rememberLanguage, rememberSession, writeLimits } from "./settings.js";
import { startTheme } from "./theme.js";
import { setTrustedTypes } from "./trusted-types.js";
import { byId, h, icon } from "./view/dom.js";
import { createEditor } from "./view/editor.js";
import { visible } from "./view/names.js";
import { createNotices } from "./view/notices.js";
import { stayAtEnd } from "./view/stay-at-end.js";

const notices = createNotices(byId("notices"));
function announce(text: string): void {
  byId("announcer").textContent = text;
}
const toEnd = stayAtEnd(byId("transcript"), byId("cells"));
let desk: Desk | undefined;
let changes: Promise<void> = Promise.resolve();

const editor = createEditor(byId("editor"), lastLanguage(), {
  run: (keeps) => void desk?.run(keeps),
  stop: () => desk?.stop(),
  recall: (step) => desk?.recall(step),
  async complete(before) {
    if (desk?.notebook.phase.is !== "ready") return undefined;
    return desk.notebook.read((session) => session.inspect({ kind: "complete", code: before }));
  },
  async describe(name) {
    if (desk?.notebook.phase.is !== "ready") return undefined;
    const answer = await desk.notebook.read((session) => session.inspect({ kind: "describe", code: name }));
    if (answer?.head === undefined) return undefined;
    return [answer.head, answer.text].filter(Boolean).join("\n\n").slice(0, 3000);
  },
});

async function use(options: NotebookOptions, cells: readonly string[] = []): Promise<void> {
  leave();
  await desk?.close();
  const { language, id } = options;
  rememberSession(id);
  rememberLanguage(language);
  document.body.dataset.language = language;
  for (const each of byId("languages").querySelectorAll("button")) {
    each.setAttribute("aria-pressed", String(each.dataset.language === language));
  }
  editor.setLanguage(language);
  editor.set("");
  byId("kept").textContent = "";
  desk = createDesk(options, {
    editor,
    notices,
    announce,
    toEnd,
    begin: (language, cells) => change(() => begin(language, cells)),
    changeLimits,
  });
  desk.offer(cells);
  // It says so at once.
  if (options.store === undefined) desk.notebook.keep();
}

/** Nothing can be done with the session at hand from now on: another one comes. */
function leave(): void {
  document.body.dataset.phase = "leaving";
}

/** From one session to another, one change after the other. */
function change(action: () => Promise<unknown>): void {
  changes = changes.then(action).then(() => {}, failed);
}

async function begin(language: Language, cells: readonly string[] = []): Promise<void> {
  leave();
  await use(await newSession(language), cells);
  editor.focus();
}

/** @param id Of a session that is kept; another one begins if it is not there. */
async function openStored(id: string, language: Language = lastLanguage()): Promise<void> {
  const found = await storedSession(id);
  if ("options" in found) return use(found.options);
  await begin(language);
  if (found.problem === "damaged")
    notices.show("other", `A session that was kept here cannot be read: ${found.reason}.`);
  if (found.problem !== "owned") return;
  notices.show("owned", "Your last session is open in another tab. Go on there, or take a copy of it here.", [
    { text: "Open a copy", act: () => change(async () => openStored(await copyOf(id))) },
  ]);
}

function failed(error: Error): void {
  notices.show("problem", error.message);
}

async function openLast(language: Language): Promise<void> {
  leave();
  for (const session of await listSessions(nameOf)) {
    if (session.language !== language) continue;
    const found = await storedSession(session.id);
    if ("options" in found) return use(found.options);
  }
  await begin(language);
}

async function openShared({ language, cells, snapshot }: Shared): Promise<void> {
  if (snapshot === undefined) return begin(language, cells);
  await use(await sessionFrom(snapshot, "Opened from a link", cells));
}

async function openFile(file: File): Promise<void> {
  try {
    await use(
      await sessionFrom(new Uint8Array(await file.arrayBuffer()), `Opened from ${visible(file.name, 60)}`),
    );
  } catch (error) {
    notices.show("problem", `${visible(file.name, 60)} cannot be opened: ${(error as Error).message}`);
  }
}

/** What the address holds, if it holds anything: looked at first. False if nothing of it was opened. */
async function openLinked(): Promise<boolean> {
  if (!isLink(location.hash)) return false;
  const fragment = location.hash;
  // So that a reload does not ask again, and nobody passes it on without knowing.
  history.replaceState(undefined, "", location.pathname + location.search);
  try {
    const shared = await readLink(fragment);
    if (!(await showShared(shared))) return false;
    await openShared(shared);
    return true;
  } catch (error) {
    notices.show("link", (error as Error).message);
    return false;
  }
}

function changeLimits(): void {
  if (desk === undefined) return;
  const { notebook } = desk;
  showLimits(notebook.limits, (limits) => {
    const apply = async () => {
      await notebook.setLimits(limits);
      writeLimits(limits);
      if (notebook.phase.is === "failed") await notebook.open();
    };
    apply().catch(failed);
  });
}

function listen(): void {
  const on = (id: string, action: () => void) => byId(id).addEventListener("click", action);
  byId("run").append(icon("run") as unknown as Node, h("span", {}, "Run"));
  byId("stop").append(icon("stop") as unknown as Node, h("span", {}, "Stop"));
  byId("undo").append(icon("undo") as unknown as Node, h("span", {}, "Undo"));
  byId("fork").append(icon("fork") as unknown as Node, h("span", {}, "Fork"));
  const isApple = /Mac|iP/.test(navigator.platform);
  byId("run").title = `${isApple ? "⌘" : "Ctrl"}+Enter; Shift+Enter keeps the code in the editor`;
  byId("undo").title = "Back to the state before the last step";
  byId("fork").title = "Go on from this state apart; the other way stays in the history";
  on("run", () => void desk?.run(false));
  on("stop", () => desk?.stop());
  on("undo", () => void desk?.undo());
  on("fork", () => void desk?.fork());
  on("limits", changeLimits);
  on("about", showAbout);
  on("more", () => showMore(["examples", "share", "about", "theme"]));
  on("examples", () => showExamples(({ language, cells }) => change(() => begin(language, cells))));
  on("share", () => desk && void showShare(desk.notebook, nameOf(desk.notebook)));
  on("sessions", () => {
    void showSessions(desk?.notebook, {
      begin: (language) => change(() => begin(language)),
      open: (id) => change(() => openStored(id)),
      openFile: (file) => change(() => openFile(file)),
    });
  });
  byId("languages").addEventListener("click", ({ target }) => {
    const language = (target as HTMLElement).dataset.language as Language | undefined;
    if (language !== undefined && language !== desk?.notebook.language) change(() => openLast(language));
  });
  byId("views").addEventListener("click", ({ target }) => {
    const view = (target as HTMLElement).dataset.view;
    if (view === undefined) return;
    document.body.dataset.view = view;
    for (const each of byId("views").querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(each.dataset.view === view));
    }
  });
  byId<HTMLInputElement>("add-files").addEventListener("change", ({ target }) => {
    const { files } = target as HTMLInputElement;
    if (files !== null && files.length > 0) void desk?.files.add([...files]);
    (target as HTMLInputElement).value = "";
  });
  listenForDrops();
  addEventListener("hashchange", () => change(openLinked));
  addEventListener("beforeunload", (event) => {
    if (desk?.wouldBeLost() === true) event.preventDefault();
  });
  byId("welcome").append(
    h("h2", {}, "Every state is kept"),
    h(
      "p",
      {},
      "Cells run in this tab, in a sandbox, with no server behind it. Each one leaves a state that you can go back to, fork, save to a file, or send as a link.",
    ),
    exampleCards(({ language, cells }) => change(() => begin(language, cells))),
  );
}

function listenForDrops(): void {
  const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") === true;
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("is-dropping");
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) document.body.classList.remove("is-dropping");
  });
  addEventListener("drop", (event) => {
    document.body.classList.remove("is-dropping");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    void desk?.files.add([...(event.dataTransfer?.files ?? [])]);
  });
}

setTrustedTypes();
startTheme(byId<HTMLButtonElement>("theme"));
listen();
change(async () => {
  if ((await becomesIsolated()) || (await openLinked())) return;
  const last = lastSession();
  await (last === undefined ? begin(lastLanguage()) : openStored(last));
});
