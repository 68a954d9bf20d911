// A program that uses every public name. It is compiled, never run; see types.test.mjs.
import {
  type CallSignal,
  type CellResult,
  type CreateSessionOptions,
  type CreateSessionsOptions,
  compactSnapshots,
  createPool,
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
  lockPackages,
  type MakeOptions,
  type Mount,
  type MountMode,
  type NetworkOptions,
  type OverlayChange,
  type PackageRequest,
  type PlainHostFunction,
  type Pool,
  type PoolOptions,
  type ReadFileOptions,
  type RemoveOptions,
  type ResumeAnswer,
  type ResumeOptions,
  type RunOptions,
  type RunSignal,
  runtimeId,
  type Session,
  type SessionFiles,
  type SessionOptions,
  type SessionState,
  type SessionStats,
  type Sessions,
  type SessionsOptions,
  type SessionTotals,
  type SnapshotBytes,
  type SnapshotInfo,
  type SnapshotOptions,
  type StatFileOptions,
  type StopReason,
  type SuspendedCall,
  setPackageDirectory,
  WasmReplError,
} from "wasm-repl";

/** True if the two types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_ extends true>(): void {}

setPackageDirectory("assets/wasm-repl");
setPackageDirectory({ href: "file:///application/assets" });

const mode: MountMode = "overlay";
const mount: Mount = { hostPath: "/data", guestPath: "/data", mode };
const shared: SessionOptions = { mounts: [mount], timeoutMs: 1000, memoryBytes: 2 ** 28, env: { A: "1" } };
const options: CreateSessionOptions = { ...shared, snapshot: new Uint8Array(0) };
const language: Language = "python";

export async function use(signal: RunSignal): Promise<string | undefined> {
  await using session: Session = await createSession(language, options);
  const runOptions: RunOptions = { signal, onOutput: (stream, text) => void `${stream}${text}` };
  const result: CellResult = await session.run("1", runOptions);
  same<Same<CellResult["output"], string | undefined>>();
  same<Same<CellResult["stdout"], string | undefined>>();
  same<Same<CellResult["durationMs"], number>>();
  same<Same<CellResult["cpuMs"], number | undefined>>();
  same<Same<CellResult["stopped"], StopReason | undefined>>();
  same<Same<StopReason, "timeout" | "cpu" | "interrupt" | "memory" | "output" | "calls">>();
  const limited: SessionOptions = { ...shared, cpuTimeoutMs: 1000, onLimit: "raise" };
  await session.run("1", { cpuTimeoutMs: 5, keepOutput: false });

  const read: PlainHostFunction = (path: string) => path;
  const functions: HostFunctions = {
    read,
    fs: { list: async (path: string) => [path] },
    approve: {
      description: "Asks",
      parameters: { type: "object" } satisfies JsonSchema,
      style: "async",
      timeoutMs: 1000,
      concurrency: 2,
      run: (args: { amount: number }, { signal, callId, runId, suspend }) =>
        signal.aborted ? `${callId}${runId}${args.amount}` : suspend(),
    },
  };
  const context: HostCallContext["signal"] extends CallSignal ? true : false = true;
  const long: HostFunctionOptions = { run: () => context };
  await createSession("python", {
    functions: { ...functions, long },
    maxCalls: 5,
    maxConcurrentCalls: 2,
    maxCallBytes: 9,
  });
  const waiting: readonly SuspendedCall[] = result.suspended ?? [];
  const answers: ResumeAnswer[] = waiting.map(({ call, args, kwargs }) =>
    args.length === 0 ? { call, value: kwargs } : { call, error: { type: "ValueError", message: "no" } },
  );
  const resumeOptions: ResumeOptions = { timeoutMs: 5, maxWaitMs: 5 };
  const resumed: CellResult = await session.resume(answers, resumeOptions);
  const shown: readonly Display[] | undefined = resumed.display;
  same<Same<typeof resumed.value, unknown>>();
  void shown;

  const remove: RemoveOptions = {};
  const stat: StatFileOptions = {};
  await session.files.remove("a", remove);
  await session.files.stat("a", stat);

  const status = await session.inspect({ kind: "isComplete", code: "" });
  same<Same<typeof status, InspectAnswers["isComplete"] | undefined>>();
  const completions = await session.inspect({ kind: "complete", code: "" });
  same<Same<typeof completions, InspectAnswers["complete"] | undefined>>();
  const kind: InspectKind = "variables";
  const request: InspectRequest = { kind, code: "" };
  const variables = await session.inspect({ kind, code: request.code });
  variables?.items.map(({ name, type, value }) => name + type + value);

  const state: SessionState = await session.capture();
  await session.restore(state);
  const bytes: Uint8Array = await session.snapshot();
  const fork = await session.fork({ ...limited, memoryBytes: bytes.length });
  fork.interrupt();
  await fork.reset();
  await fork.close();

  const poolOptions: PoolOptions = { ...shared, size: 2 };
  await using pool: Pool = await createPool("javascript", poolOptions);
  try {
    await pool.run("1");
  } catch (error) {
    if (error instanceof WasmReplError) {
      const code: ErrorCode = error.code;
      return code;
    }
  }
  return result.result;
}

export async function keep(session: Session): Promise<number> {
  const since: SnapshotOptions = { since: await session.snapshot() };
  const chain: SnapshotBytes = [await session.snapshot(), await session.snapshot(since)];
  const info: SnapshotInfo = inspectSnapshot(await compactSnapshots(chain));
  const packages: PackageRequest = { requirements: ["six"], findLinks: ["."], offline: true, prepare: true };
  const lock: string = await lockPackages(packages);
  await createSession("python", { packages: { ...packages, requirements: [], lock } });
  await createSession("python", { packages: ["six"] });
  const network: NetworkOptions = { allow: ["example.com:443"], maxConnections: 10, maxBytes: 1_000_000 };
  await createSession("javascript", { network });
  const deterministic: DeterministicOptions = { seed: await runtimeId("python"), startTime: 0 };
  const byName: SessionsOptions = { maxLive: 2, optionsFor: () => ({ deterministic }) };
  const inDirectory: CreateSessionsOptions = { ...byName, directory: "/var/lib/sessions" };
  await using sessions: Sessions = await createSessions("python", inDirectory);
  const stats: SessionStats | undefined = await sessions.stats(info.id);
  const totals: SessionTotals | undefined = stats;
  return totals?.runs ?? 0;
}

export async function work({ files, run }: Session): Promise<FileType | undefined> {
  const work: SessionFiles = files;
  const [make, list, read]: [MakeOptions, ListFilesOptions, ReadFileOptions] = [
    { parents: true },
    { maxEntries: 10 },
    { maxBytes: 10 },
  ];
  await work.write("a/b", await work.read("c", read), make);
  const entries: DirectoryEntry[] = await work.list("a", list);
  const info: FileInfo = await work.stat("a/b");
  const changes: OverlayChange[] = await work.overlayChanges();
  const done: readonly FileChange[] | undefined = (await run("1")).files;
  return entries[changes.length + (done?.length ?? 0)]?.type ?? info.type;
}

export function refused(session: Session): void {
  // @ts-expect-error there is no such language
  void createSession("ruby");
  // @ts-expect-error the option is `timeoutMs`
  void createSession("python", { timeout: 5 });
  // @ts-expect-error limits stop or raise
  void createSession("python", { onLimit: "ignore" });
  // @ts-expect-error code is a string
  void session.run(1);
  // @ts-expect-error there is no such question
  void session.inspect({ kind: "nothing", code: "" });
  // @ts-expect-error a mount's host path is `hostPath`
  void createSession("python", { mounts: [{ host: "/a", guestPath: "/a" }] });
}
