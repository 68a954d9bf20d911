import type { Pointer } from "../../abi/quickjs/exports.js";
import { OutOfGuestMemory, type Vm } from "../../abi/quickjs/vm.js";
import { parseBoundedJson } from "../../bounded-json.js";
import type { RunRequest, SuspendedCall } from "../guest.js";
import type { QuickJsAddresses } from "./boot.js";
import type { SourceKind } from "./compile.js";
import { bytesOfCrossing, readCrossing, readHead } from "./crossing.js";
import type { Run } from "./run-state.js";

/** What is needed to go on with a run that is suspended. The driver keeps it, since another process may have to. */
interface Settings {
  readonly kind: SourceKind;
  readonly columnShift: number;
  readonly mode: RunRequest["mode"];
  readonly filename: string;
  readonly plainStrings?: boolean;
  readonly colors?: boolean;
  readonly wantsValue?: boolean;
}

const settingsBounds = { bytes: 256 * 1024, depth: 1, members: 16 };
const modes: readonly unknown[] = ["cell", "interactive", "program"];
const kinds: readonly unknown[] = ["async script", "module"];

function settingsOf({ request, columnShift }: Run, kind: SourceKind): string {
  // By name: what else a request has is of this part of the run alone, and may be large.
  const { mode, filename, plainStrings, colors, wantsValue } = request;
  const settings = { kind, columnShift, mode, filename, plainStrings, colors, wantsValue };
  return JSON.stringify(settings satisfies { [Name in keyof Settings]: Settings[Name] | undefined });
}

/**
 * Has the driver keep a run whose code waits for the promise, which it takes over. Gives the calls that it waits for;
 * undefined with an exception pending if there is no memory for it.
 */
export function suspendRun(
  vm: Vm,
  at: QuickJsAddresses,
  run: Run,
  kind: SourceKind,
  promise: Pointer,
  maxBytes: number,
): SuspendedCall[] | undefined {
  const settings = vm.newString(settingsOf(run, kind));
  const list = vm.call(at.suspendRun, promise, settings);
  for (const cell of [promise, settings]) vm.free(cell);
  if (vm.isException(list)) return undefined;
  const calls = readCalls(vm, list, maxBytes);
  vm.free(list);
  return calls;
}

/** Of each call its head, its arguments and their bytes, until there is none; a forged list ends early. */
function readCalls(vm: Vm, list: Pointer, maxBytes: number): SuspendedCall[] {
  const calls: SuspendedCall[] = [];
  let bytes = 0;
  for (let index = 0; bytes <= maxBytes; index += 3) {
    const cells = [0, 1, 2].map((part) => vm.exports.qjs_get_prop_uint32(list, index + part));
    const [head = 0, json = 0, buffer = 0] = cells;
    try {
      if (vm.exports.qjs_is_undefined(head) !== 0) break;
      const [id, name, ...sizes] = readHead(vm, head);
      if (!Number.isSafeInteger(id) || typeof name !== "string") break;
      const args = readCrossing(vm, json, sizes, buffer);
      calls.push({ id: id as number, name, args });
      bytes += bytesOfCrossing(args);
    } catch (error) {
      if (error instanceof RangeError) break;
      throw error;
    } finally {
      for (const cell of cells) vm.free(cell);
    }
  }
  return calls;
}

export interface ResumedRun {
  readonly request: RunRequest;
  readonly columnShift: number;
  readonly kind: SourceKind;
  /** An owned cell. */
  readonly promise: Pointer;
}

/** What the driver has kept, which it forgets. Undefined if that is nothing, or not ours. */
export function resumeRun(vm: Vm, at: QuickJsAddresses): ResumedRun | undefined {
  const list = vm.call(at.resumeRun);
  if (vm.isException(list)) {
    vm.free(vm.exports.qjs_get_exception());
    throw new OutOfGuestMemory();
  }
  const settings = vm.exports.qjs_get_prop_uint32(list, 0);
  const promise = vm.exports.qjs_get_prop_uint32(list, 1);
  const isThere = vm.exports.qjs_is_undefined(settings) === 0 && vm.exports.qjs_is_undefined(promise) === 0;
  const known = isThere ? vm.withBytes(settings, readSettings) : undefined;
  for (const cell of [list, settings]) vm.free(cell);
  if (known !== undefined) return { ...known, promise };
  vm.free(promise);
  return undefined;
}

function readSettings(bytes: Uint8Array): Omit<ResumedRun, "promise"> | undefined {
  let settings: Partial<Settings>;
  try {
    settings = Object(parseBoundedJson(bytes, settingsBounds));
  } catch {
    return undefined;
  }
  const { kind, columnShift, mode, filename, plainStrings, colors, wantsValue } = settings;
  const isSound =
    kinds.includes(kind) &&
    modes.includes(mode) &&
    typeof filename === "string" &&
    typeof columnShift === "number" &&
    Number.isInteger(columnShift);
  if (!isSound) return undefined;
  return {
    kind: kind as SourceKind,
    columnShift: columnShift as number,
    request: {
      mode: mode as RunRequest["mode"],
      code: "",
      filename: filename as string,
      plainStrings: plainStrings === true,
      colors: colors === true,
      wantsValue: wantsValue === true,
    },
  };
}
