// A page's program that uses every public name for browsers. It is compiled, never run; see types.test.mjs.
import {
  type AssetOptions,
  type BrowserSessionOptions,
  type BrowserSessionsOptions,
  type CallSignal,
  type CellResult,
  compactSnapshots,
  createSession,
  createSessions,
  type DeterministicOptions,
  type DirectoryEntry,
  type Display,
  type ErrorCode,
  type FileChange,
  type FileInfo,
  type FileType,
  type HostCallContext,
  type HostFunctionOptions,
  type HostFunctions,
  type InspectAnswers,
  type InspectKind,
  type InspectRequest,
  inspectSnapshot,
  type JsonSchema,
  type Language,
  type ListFilesOptions,
  type LoadProgress,
  type MakeOptions,
  type NetworkOptions,
  type OverlayChange,
  type PlainHostFunction,
  type ReadFileOptions,
  type RemoveOptions,
  type ResumeAnswer,
  type ResumeOptions,
  type RunOptions,
  type RunSignal,
  runtimeId,
  type Session,
  type SessionFiles,
  type SessionState,
  type SessionStats,
  type Sessions,
  type SessionTotals,
  type SnapshotBytes,
  type SnapshotInfo,
  type SnapshotOptions,
  type StatFileOptions,
  type StopReason,
  type SuspendedCall,
  WasmReplError,
} from "wasm-repl/browser";

const assets: AssetOptions = {
  assetsUrl: "/runtimes/",
  workerUrl: new URL("/worker.js", "https://example.com"),
  onProgress: ({ loadedBytes, totalBytes }: LoadProgress) => void (loadedBytes / totalBytes),
};
const network: NetworkOptions = { allow: ["example.com"] };
const deterministic: DeterministicOptions = { seed: "a" };
const options: BrowserSessionOptions = { ...assets, timeoutMs: 1000, memoryBytes: 2 ** 28, deterministic };
const language: Language = "python";

export async function use(signal: RunSignal): Promise<ErrorCode | undefined> {
  const plain: PlainHostFunction = (text: string) => text;
  const whole: HostFunctionOptions = {
    parameters: { type: "object" } satisfies JsonSchema,
    run: (_: unknown, context: HostCallContext) => {
      const given: CallSignal = context.signal;
      return given.aborted;
    },
  };
  const functions: HostFunctions = { plain, whole };
  await using session: Session = await createSession(language, { ...options, functions });
  const runOptions: RunOptions = { signal };
  const result: CellResult = await session.run("1", runOptions);
  const reason: StopReason | undefined = result.stopped;
  const shown: readonly Display[] | undefined = result.display;
  const changed: readonly FileChange[] | undefined = result.files;
  const waiting: readonly SuspendedCall[] = result.suspended ?? [];
  const answers: ResumeAnswer[] = waiting.map(({ call }) => ({ call, value: [reason, shown, changed] }));
  const resumeOptions: ResumeOptions = { timeoutMs: 5 };
  await session.resume(answers, resumeOptions);
  const kind: InspectKind = "complete";
  const request: InspectRequest = { kind, code: "" };
  const completions: InspectAnswers["complete"] | undefined = await session.inspect({
    kind,
    code: request.code,
  });
  const state: SessionState = await session.capture();
  await session.restore(state);
  const stats: SessionStats = await session.stats();
  const totals: SessionTotals = stats;
  try {
    await work(session.files, totals.runs + (completions?.items.length ?? 0));
  } catch (error) {
    if (error instanceof WasmReplError) return error.code;
  }
  return undefined;
}

async function work(files: SessionFiles, maxBytes: number): Promise<FileType> {
  const [make, list, read, remove, stat]: [
    MakeOptions,
    ListFilesOptions,
    ReadFileOptions,
    RemoveOptions,
    StatFileOptions,
  ] = [{ parents: true }, { maxEntries: 10 }, { maxBytes }, {}, {}];
  await files.write("a/b", await files.read("c", read), make);
  const entries: DirectoryEntry[] = await files.list("a", list);
  const info: FileInfo = await files.stat("a/b", stat);
  const changes: OverlayChange[] = await files.overlayChanges();
  await files.remove("a", remove);
  return entries[changes.length]?.type ?? info.type;
}

export async function keep(): Promise<SnapshotInfo> {
  const many: BrowserSessionsOptions = { ...assets, maxLive: 2, optionsFor: () => ({ network }) };
  await using sessions: Sessions = await createSessions("javascript", many);
  const since: SnapshotOptions = { since: await sessions.snapshot("a") };
  const chain: SnapshotBytes = [
    await sessions.snapshot("a"),
    await sessions.use("a", (session) => session.snapshot(since)),
  ];
  const info = inspectSnapshot(await compactSnapshots(chain));
  return info.runtimeId === (await runtimeId("javascript", assets))
    ? info
    : inspectSnapshot(new Uint8Array(0));
}

export function refused(): void {
  // @ts-expect-error a browser has no directories
  void createSession("python", { mounts: [{ hostPath: "/a", guestPath: "/a" }] });
  // @ts-expect-error nor packages
  void createSession("python", { packages: ["six"] });
  // @ts-expect-error nor a store for states
  void createSessions("python", { durable: true });
  // @ts-expect-error what one session has of its own neither
  void createSessions("python", { optionsFor: () => ({ packages: ["six"] }) });
}
