/** Build time: the IANA time zones as a Python package `tzdata`, which `zoneinfo` reads (RFC 9636, "TZif"). */
import { createRequire } from "node:module";

/** A zone as the npm package `moment-timezone` unpacks it. Period `i` ends at `untils[i]`. */
interface Zone {
  readonly name: string;
  readonly abbrs: readonly string[];
  /** Minutes west of Greenwich. */
  readonly offsets: readonly number[];
  /** Milliseconds since 1970; the last is Infinity. */
  readonly untils: readonly number[];
}

interface Period {
  /** Seconds since 1970. */
  readonly start: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  readonly isDaylight: boolean;
  readonly abbreviation: string;
}

interface TimeZonePackage {
  readonly tz: { unpack(packed: string): Zone };
}

interface PackedZones {
  readonly version: string;
  readonly zones: readonly string[];
  /** `target|other name`. */
  readonly links: readonly string[];
}

/** The package's files by their paths below a directory of `sys.path`. */
export function timeZoneFiles(): Map<string, Uint8Array> {
  const require = createRequire(import.meta.url);
  const { tz } = require("moment-timezone") as TimeZonePackage;
  const packed = require("moment-timezone/data/packed/latest.json") as PackedZones;
  const zones = new Map<string, Uint8Array>();
  for (const text of packed.zones) {
    const zone = tz.unpack(text);
    zones.set(zone.name, encodeZone(zone));
  }
  for (const link of packed.links) {
    const [target = "", name = ""] = link.split("|");
    const zone = zones.get(target);
    if (zone !== undefined) zones.set(name, zone);
  }
  const files = new Map<string, Uint8Array>();
  const text = (path: string, content: string) => files.set(path, new TextEncoder().encode(content));
  text("tzdata/__init__.py", `IANA_VERSION = ${JSON.stringify(packed.version)}\n`);
  text("tzdata/zones", [...zones.keys(), ""].join("\n"));
  for (const [name, bytes] of zones) {
    const folders = name.split("/").slice(0, -1);
    for (const index of [...folders.keys(), folders.length]) {
      text(["tzdata/zoneinfo", ...folders.slice(0, index), "__init__.py"].join("/"), "");
    }
    files.set(`tzdata/zoneinfo/${name}`, bytes);
  }
  return files;
}

/** Summer time lasts less than this; a longer period is a change of the standard time. */
const longestDaylightSeconds = 300 * 86_400;

function periodsOf({ abbrs, offsets, untils }: Zone): Period[] {
  const starts = [Number.NEGATIVE_INFINITY, ...untils.map((until) => Math.round(until / 1000))];
  const east = offsets.map((minutes) => Math.round(minutes * -60));
  return abbrs.map((abbreviation, index) => {
    const offset = east[index] as number;
    const before = east[index - 1];
    const after = east[index + 1];
    const length = (starts[index + 1] as number) - (starts[index] as number);
    const isDaylight =
      before !== undefined &&
      after !== undefined &&
      offset > before &&
      offset > after &&
      length < longestDaylightSeconds;
    return { start: starts[index] as number, offset, isDaylight, abbreviation };
  });
}

function encodeZone(zone: Zone): Uint8Array {
  const periods = periodsOf(zone);
  const types: Period[] = [];
  const typeOf = (period: Period): number => {
    const index = types.findIndex(
      ({ offset, isDaylight, abbreviation }) =>
        offset === period.offset && isDaylight === period.isDaylight && abbreviation === period.abbreviation,
    );
    return index >= 0 ? index : types.push(period) - 1;
  };
  const indices = periods.map(typeOf);
  const names = [...new Set(types.map(({ abbreviation }) => abbreviation))];
  const nameText = names.map((name) => `${name}\0`).join("");
  const transitions = periods.slice(1);

  const dataLength = transitions.length * 9 + types.length * 6 + nameText.length;
  const footer = new TextEncoder().encode(`\n${ruleOf(periods)}\n`);
  // The version 1 block is empty: whoever reads it reads the second, with times of 64 bits.
  const emptyBlock = header(0, 1, 1);
  const bytes = new Uint8Array(emptyBlock.length + 7 + 44 + dataLength + footer.length);
  const view = new DataView(bytes.buffer);
  bytes.set(emptyBlock, 0);
  let at = emptyBlock.length + 7;
  bytes.set(header(transitions.length, types.length, nameText.length), at);
  at += 44;
  for (const { start } of transitions) {
    view.setBigInt64(at, BigInt(start));
    at += 8;
  }
  for (const index of indices.slice(1)) bytes[at++] = index;
  for (const { offset, isDaylight, abbreviation } of types) {
    view.setInt32(at, offset);
    bytes[at + 4] = isDaylight ? 1 : 0;
    bytes[at + 5] = nameText.indexOf(`${abbreviation}\0`);
    at += 6;
  }
  bytes.set(new TextEncoder().encode(nameText), at);
  at += nameText.length;
  bytes.set(footer, at);
  return bytes;
}

function header(transitionCount: number, typeCount: number, nameBytes: number): Uint8Array {
  const bytes = new Uint8Array(44);
  bytes.set(new TextEncoder().encode("TZif2"));
  const view = new DataView(bytes.buffer);
  // Counts of UT and standard indicators and of leap seconds stay 0.
  view.setUint32(32, transitionCount);
  view.setUint32(36, typeCount);
  view.setUint32(40, nameBytes);
  return bytes;
}

/** What holds after the last transition, as a POSIX `TZ` string; empty if no yearly rule can be made out. */
function ruleOf(periods: readonly Period[]): string {
  const last = periods.at(-1) as Period;
  const standard = `${ruleName(last)}${ruleOffset(-last.offset)}`;
  const daylight = periods.at(-2);
  const yearly = 4;
  const recent = periods.slice(-2 * yearly);
  if (daylight === undefined || !daylight.isDaylight) return standard;
  if (new Date(last.start * 1000).getUTCFullYear() < 2036) return standard;
  const starts = recent.filter(({ isDaylight }) => isDaylight);
  const ends = recent.filter(({ isDaylight }) => !isDaylight);
  const startRule = dateRule(starts, last.offset);
  const endRule = dateRule(ends, daylight.offset);
  if (startRule === undefined || endRule === undefined) return "";
  return `${standard}${ruleName(daylight)}${ruleOffset(-daylight.offset)},${startRule},${endRule}`;
}

function ruleName({ abbreviation }: Period): string {
  return /^[A-Za-z]{3,}$/.test(abbreviation) ? abbreviation : `<${abbreviation}>`;
}

function ruleOffset(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const size = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  if (rest > 0) return `${sign}${hours}:${pad(minutes)}:${pad(rest)}`;
  return minutes > 0 ? `${sign}${hours}:${pad(minutes)}` : `${sign}${hours}`;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}

/** `Mmonth.week.weekday/time` if all the transitions follow it. */
function dateRule(transitions: readonly Period[], offsetBefore: number): string | undefined {
  const candidates = transitions.map(({ start }) => {
    const local = new Date((start + offsetBefore) * 1000);
    const day = local.getUTCDate();
    const daysInMonth = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
    const weeks = [Math.ceil(day / 7), ...(day > daysInMonth - 7 ? [5] : [])];
    const seconds = local.getUTCHours() * 3600 + local.getUTCMinutes() * 60 + local.getUTCSeconds();
    return weeks.map(
      (week) => `M${local.getUTCMonth() + 1}.${week}.${local.getUTCDay()}/${ruleOffset(seconds)}`,
    );
  });
  return candidates[0]?.find((rule) => candidates.every((rules) => rules.includes(rule)));
}
