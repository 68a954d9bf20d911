// A program of the service's client that uses every public name. It is compiled, never run; see types.test.mjs.
import {
  type CallAnswer,
  type ConnectOptions,
  connect,
  type DeterministicOptions,
  type DirectoryEntry,
  type Display,
  type FetchRequest,
  type FetchResponse,
  type FileChange,
  type FileInfo,
  type FileType,
  type Language,
  type ListSessionsOptions,
  type MakeOptions,
  type RemoteFiles,
  type RemoteResult,
  type RemoteResumeOptions,
  type RemoteRunOptions,
  type RemoteSession,
  type RemoteSessionInfo,
  type RemoteSessionOptions,
  type RemoveOptions,
  type ResumeAnswer,
  type RunSignal,
  type ServiceClient,
  ServiceError,
  type ServiceErrorCode,
  type StopReason,
  type SuspendedCall,
} from "wasm-repl/client";

declare const signal: RunSignal;
declare function ask(url: string, request: FetchRequest): Promise<FetchResponse>;
const options: ConnectOptions = { url: "http://127.0.0.1:7070", token: "t", fetch: ask, retryMs: 1 };
const service: ServiceClient = connect(options);

const deterministic: DeterministicOptions = { seed: 1 };
const spec: RemoteSessionOptions = { timeoutMs: 5000, deterministic, functions: { approve: {} } };
const language: Language = "python";
const session: RemoteSession = await service.createSession("ada:1", language, spec);
const run: RemoteRunOptions = {
  cellId: "c1",
  timeoutMs: 1000,
  value: true,
  onOutput: (stream, text) => `${stream satisfies "stdout" | "stderr"} ${text}`,
  onRestart: () => {},
  signal,
};
const result: RemoteResult = await session.run("6 * 7", run);
const [call]: readonly SuspendedCall[] = result.suspended ?? [];
const shown: Display | undefined = result.display?.[0];
const changed: readonly FileChange[] | undefined = result.files;
const why: StopReason | undefined = result.stopped;
const answers: ResumeAnswer[] = [{ call: call?.call ?? "", value: 1 }];
const resumed: RemoteResumeOptions = {};
await session.resume(answers, resumed);
const answer: CallAnswer = { error: { message: "no" } };
await service.answer("c1", answer);
await session.follow("c1");
await session.interrupt();

const files: RemoteFiles = session.files;
const making: MakeOptions = { parents: true };
const removing: RemoveOptions = { recursive: true };
await files.write("a/b", new Uint8Array(1), making);
const info: FileInfo = await files.stat("a/b");
const type: FileType = info.type;
const entries: DirectoryEntry[] = await files.list();
await files.remove("a", removing);

const bytes: Uint8Array | undefined = await session.snapshot();
if (bytes !== undefined) await session.restore(bytes);
const fork: RemoteSession = await session.fork("ada:2");
await fork.evict();
await fork.reset();
await fork.delete();
const listing: ListSessionsOptions = { prefix: "ada" };
for await (const each of service.sessions(listing)) {
  const { key, stateBytes }: RemoteSessionInfo = each;
  console.log(key, stateBytes);
}
declare const fault: unknown;
if (fault instanceof ServiceError) {
  const code: ServiceErrorCode = fault.code;
  console.log(code satisfies string, fault.cellId, fault.errno, fault.retryAfterMs);
}
session.close();
service.close();
console.log(shown, changed, why, type, entries);

declare const console: { log(...values: unknown[]): void };

// @ts-expect-error: there is no such language.
await service.createSession("ada:3", "ruby");
// @ts-expect-error: a cell has no mounts.
await session.run("1", { mounts: [] });
// @ts-expect-error: the address is needed.
connect({ token: "t" });
