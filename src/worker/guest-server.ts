import { closeSync, openSync, readSync } from "node:fs";
import { createGuestFiles, type GuestFiles } from "../guest/files.js";
import { type Guest, GuestCrash, GuestExit, type GuestHost, type RunResult } from "../guest/guest.js";
import { decodeImage, type Image } from "../guest/image.js";
import type { Runtime } from "../runtimes/bundled.js";
import { type OpenPack, openPack } from "../runtimes/pack.js";
import type { Signals } from "../signals.js";
import { type CollectedStreams, collectStreams } from "./collected-streams.js";
import type { GuestOptions, GuestOutcome, GuestRun } from "./messages.js";
import { openStandardStreams, type StandardStreams } from "./standard-streams.js";

/** What a process reports whose interpreter broke down: as after SIGABRT. */
const crashExitCode = 134;

/** Holds one guest and runs code in it, in whatever thread it is called. */
export interface GuestServer {
  run(run: GuestRun): GuestOutcome;
  close(): void;
}

export async function openGuest(
  runtime: Runtime,
  options: GuestOptions,
  signals: Signals,
): Promise<GuestServer> {
  const library = runtime.libraryPath === undefined ? undefined : openPack(runtime.libraryPath);
  const files = await guestFiles(library);
  const collected = options.streams === "collect" ? collectStreams(options.maxOutputBytes) : undefined;
  const streams = collected ?? (await openStandardStreams());
  const guest = await createGuest(runtime, hostOf(files, streams, signals, options));
  guest.start(options.start);
  return {
    run(run) {
      collected?.begin(run.stdin ?? "");
      return { ...attempt(guest, run), output: collected?.takeOutput() ?? "" };
    },
    close() {
      files.fileSystem.close();
      library?.close();
    },
  };
}

async function guestFiles(library: OpenPack | undefined): Promise<GuestFiles> {
  if (library === undefined) return createGuestFiles();
  const { standardLibraryPath } = await import("../guest/cpython/library-path.js");
  return createGuestFiles({ library: { guestPath: standardLibraryPath, source: library } });
}

function hostOf(
  files: GuestFiles,
  streams: StandardStreams | CollectedStreams,
  signals: Signals,
  { memoryBytes }: GuestOptions,
): GuestHost {
  const { stdin, stdout, stderr } = streams;
  return { fileSystem: files.fileSystem, stdin, stdout, stderr, signals, memoryBytes };
}

async function createGuest(runtime: Runtime, host: GuestHost): Promise<Guest> {
  const file = openSync(runtime.imagePath, "r");
  try {
    return await createGuestFromImage(runtime, openImage(file), host);
  } finally {
    closeSync(file);
  }
}

function openImage(file: number): Image {
  return decodeImage((offset, target) => {
    for (let done = 0; done < target.length; ) {
      const read = readSync(file, target, done, target.length - done, offset + done);
      if (read === 0) throw new Error("the interpreter's image is incomplete");
      done += read;
    }
  });
}

async function createGuestFromImage(runtime: Runtime, image: Image, host: GuestHost): Promise<Guest> {
  if (runtime.language === "python") {
    const { createPythonGuest } = await import("../guest/cpython/guest.js");
    return createPythonGuest(runtime.module, image, host);
  }
  const { createQuickJsGuest } = await import("../guest/quickjs/guest.js");
  return createQuickJsGuest(runtime.module, image, host);
}

function attempt(
  guest: Guest,
  run: GuestRun,
): { result: RunResult; ended?: NonNullable<GuestOutcome["ended"]> } {
  try {
    return { result: guest.run(run) };
  } catch (error) {
    if (error instanceof GuestExit) {
      const { exitCode } = error;
      return { result: { exitCode }, ended: { reason: "exit", detail: error.message, exitCode } };
    }
    if (error instanceof GuestCrash) {
      const detail = error.message;
      return { result: {}, ended: { reason: "crash", detail, exitCode: crashExitCode } };
    }
    throw error;
  }
}
