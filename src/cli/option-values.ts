import { latestStartMs } from "../abi/doors.js";
import { longestSeed } from "../session/deterministic.js";
import { faultOfInterpreterOption } from "../session/interpreter-options.js";
import { parseRule } from "../session/network/policy.js";
import { checkMounts, type Mount, parseMount } from "../vfs/mount-spec.js";
import { UsageError } from "./usage-error.js";

/** What options are followed by, as the rest of the code gets it. */
export interface OptionValues {
  readonly text: string;
  /** A path on the host. */
  readonly path: string;
  /** In milliseconds. */
  readonly duration: number;
  /** In bytes. */
  readonly size: number;
  /** In bytes: as much as 32-bit WebAssembly can address, at most. */
  readonly memory: number;
  readonly count: number;
  /** 0: any. */
  readonly port: number;
  readonly endpoint: Endpoint;
  /** Of HTTP, without a path. */
  readonly url: string;
  readonly limitAction: "stop" | "raise";
  /** In milliseconds since 1970. */
  readonly moment: number;
  readonly seed: string;
  readonly mount: Mount;
  readonly directory: NamedMount;
  /** A host that may be reached, with its port or all of them. */
  readonly host: string;
  /** In bytes. */
  readonly stack: number;
  readonly variable: readonly [name: string, value: string];
  /** The value of one of the interpreter's own options. */
  readonly interpreter: string;
}

/** Where something listens. */
export interface Endpoint {
  /** A name or an address, which has no brackets if it is of IPv6. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
}

/** A mount that the guest knows by a name which need not be an absolute path. */
export interface NamedMount extends Mount {
  readonly guestName: string;
}

export type ValueKind = keyof OptionValues;

/** Reads the value of an option. Throws a `UsageError` or a `MountError`; no file is looked at. */
export const readValue: {
  readonly [Kind in ValueKind]: (option: string, text: string) => OptionValues[Kind];
} = {
  text: (_option, text) => text,
  path(option, text) {
    if (text === "") throw new UsageError(`${option} needs the path of a file`);
    return text;
  },
  duration(option, text) {
    const durationMs = scaled(text, durationUnitsMs);
    if (durationMs > 0) return durationMs;
    throw wrong(option, "a time such as 2s, 500ms or 2m", text);
  },
  size(option, text) {
    const bytes = Math.floor(scaled(text, sizeUnits));
    if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
    throw wrong(option, "a size such as 64KB, 256MB or 1G", text);
  },
  memory(option, text) {
    const bytes = Math.floor(scaled(text, sizeUnits));
    if (bytes >= 2 ** 20 && bytes <= 2 ** 32) return bytes;
    throw wrong(option, "a size from 1M to 4G, such as 256MB", text);
  },
  count(option, text) {
    const count = /^\d+$/.test(text) ? Number(text) : 0;
    if (count > 0 && Number.isSafeInteger(count)) return count;
    throw wrong(option, "a positive whole number", text);
  },
  port(option, text) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (port < 2 ** 16) return port;
    throw wrong(option, "a port from 0 to 65535", text);
  },
  endpoint(option, text) {
    const [, bracketed, plain, digits = ""] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host !== undefined && Number(digits) < 2 ** 16) return { host, port: Number(digits) };
    throw wrong(option, "HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070", text);
  },
  url(option, text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain =
      url?.protocol === "http:" && url.pathname === "/" && url.search === "" && url.username === "";
    if (isPlain) return url.origin;
    throw wrong(option, "a URL such as http://10.0.0.7:7070", text);
  },
  limitAction(option, text) {
    if (text === "stop" || text === "raise") return text;
    throw wrong(option, "stop or raise", text);
  },
  moment(option, text) {
    const timeMs = momentMs(text);
    if (timeMs >= 0 && timeMs <= latestStartMs) return timeMs;
    throw wrong(option, "a time from 1970 to 2200 such as 2024-05-01T12:00:00Z, or seconds since 1970", text);
  },
  seed(option, text) {
    if (text.length <= longestSeed) return text;
    throw new UsageError(`${option} takes at most ${longestSeed} characters, not ${text.length}`);
  },
  mount: (_option, text) => parseMount(text),
  directory: (option, text) => parseDirectory(option, text),
  host(option, text) {
    if (parseRule(text) !== undefined) return text;
    throw wrong(option, "a host such as example.com, example.com:443 or [2001:db8::1]:80", text);
  },
  stack(option, text) {
    const bytes = Math.floor(scaled(text, sizeUnits));
    if (bytes >= 2 ** 20 && bytes <= 2 ** 30) return bytes;
    throw wrong(option, "a size from 1M to 1G, such as 64M", text);
  },
  variable(option, text) {
    const equals = text.indexOf("=");
    if (equals <= 0) throw wrong(option, "NAME=VALUE", text);
    if (text.includes("\0")) throw new UsageError(`${option} cannot hold a NUL character`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  },
  interpreter(option, text) {
    if (text === "") throw new UsageError(`${option} needs a value`);
    const fault = faultOfInterpreterOption(`${option}${text}`);
    if (fault !== undefined) throw new UsageError(`the interpreter takes ${fault}`);
    return text;
  },
};

/**
 * Reads `HOST` or `HOST::GUEST`. The name that the guest is told is GUEST, or HOST, as it is; the place in its name space
 * is what that name means for a program whose working directory is the root.
 */
function parseDirectory(option: string, text: string): NamedMount {
  const separator = text.lastIndexOf("::");
  const hostPath = separator < 0 ? text : text.slice(0, separator);
  const guestName = separator < 0 ? text : text.slice(separator + 2);
  if (hostPath === "" || guestName === "") throw wrong(option, "HOST or HOST::GUEST", text);
  const names: string[] = [];
  for (const name of guestName.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  const mount = { hostPath, guestPath: `/${names.join("/")}`, guestName, mode: "rw" as const };
  checkMounts([mount]);
  return mount;
}

/** A plain number stands for seconds. */
const durationUnitsMs: Readonly<Record<string, number>> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** `K`, `KB` and `KiB` all stand for 1024 bytes, and so on. */
const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  ...unitsOf("k", 2 ** 10),
  ...unitsOf("m", 2 ** 20),
  ...unitsOf("g", 2 ** 30),
};

function unitsOf(letter: string, bytes: number): Record<string, number> {
  return { [letter]: bytes, [`${letter}b`]: bytes, [`${letter}ib`]: bytes };
}

/** NaN for what is no number with one of the units. */
function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? "";
  return Object.hasOwn(units, unit) ? Number(match?.[1]) * (units[unit] as number) : Number.NaN;
}

/** A time without a zone is UTC, as it is in the guest. NaN for what is no time. */
function momentMs(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const [, date, time = "T00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  return Date.parse(`${date}${time}${zone}`);
}

function wrong(option: string, what: string, text: string): UsageError {
  return new UsageError(`${option} takes ${what}, not ${JSON.stringify(text)}`);
}
