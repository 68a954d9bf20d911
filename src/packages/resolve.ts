/** Finds a set of packages that satisfies all requirements, the newest versions first. */

import { type Lock, type LockedPackage, lockedPackage, sortLock } from "./lock.js";
import { guestPythonVersion } from "./markers.js";
import { packageError } from "./package-error.js";
import { parseRequirement, type Requirement } from "./requirement.js";
import {
  compareVersions,
  namesPrerelease,
  parseSpecifiers,
  parseVersion,
  satisfies,
  type Version,
} from "./versions.js";

/** A file that could be a package. */
export interface Candidate extends LockedPackage {
  readonly parsed: Version;
  /** More is better, among files of one version. */
  readonly rank: number;
  readonly isYanked?: boolean;
  readonly requiresPython?: string | undefined;
  /** The requirements of the package, as they are written. */
  requires(): Promise<readonly string[]>;
}

/** What is to be had of a package. */
export interface Found {
  readonly candidates: readonly Candidate[];
  /** Why files of it were left out; for a message if none is right. */
  readonly leftOut?: string | undefined;
}

export type FindPackage = (name: string) => Promise<Found>;

/** More than any set takes that can be found at all. */
const mostSteps = 5000;

interface Wanted {
  readonly requirement: Requirement;
  /** The package that has it; undefined for the user. */
  readonly by: string | undefined;
}

interface Chosen {
  readonly candidate: Candidate;
  readonly extras: ReadonlySet<string>;
}

/** @throws WasmReplError `PACKAGES_UNAVAILABLE` if there is no such set. */
export async function resolve(requirements: readonly string[], find: FindPackage): Promise<Lock> {
  let steps = 0;
  let failure: string | undefined;
  const fail = (reason: string) => {
    failure ??= reason;
    return undefined;
  };

  async function choose(
    wanted: readonly Wanted[],
    chosen: ReadonlyMap<string, Chosen>,
    settled: readonly Wanted[],
  ): Promise<ReadonlyMap<string, Chosen> | undefined> {
    const [next, ...rest] = wanted;
    if (next === undefined) return chosen;
    if (++steps > mostSteps)
      throw packageError(failure ?? "no set of packages was found that satisfies all requirements");
    const { name, extras } = next.requirement;
    const all = [...settled, next];
    const known = chosen.get(name);
    if (known !== undefined) {
      if (!satisfies(known.candidate.parsed, next.requirement.specifiers)) {
        return fail(`${describe(all, name)} do not go together`);
      }
      const more = extras.filter((extra) => !known.extras.has(extra));
      if (more.length === 0) return choose(rest, chosen, all);
      const widened = { candidate: known.candidate, extras: new Set([...known.extras, ...more]) };
      const added = await requirementsOf(widened, more);
      return choose([...rest, ...added], new Map(chosen).set(name, widened), all);
    }
    const found = await find(name);
    const specifiers = [...all, ...rest]
      .filter(({ requirement }) => requirement.name === name)
      .flatMap(({ requirement }) => requirement.specifiers);
    const usable = usableOf(found.candidates, specifiers);
    if (usable.length === 0) {
      const lacking =
        found.candidates.length === 0 ? (found.leftOut ?? `there is no package ${name}`) : undefined;
      return fail(
        lacking ??
          `no version of ${name} that can be used here satisfies ${describe([...all, ...rest], name)}`,
      );
    }
    for (const candidate of usable) {
      const pick = { candidate, extras: new Set(extras) };
      const added = await requirementsOf(pick, extras);
      // Before all that does not depend on it is tried in every way.
      if (!(await canBe(added, chosen))) continue;
      const result = await choose([...rest, ...added], new Map(chosen).set(name, pick), all);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /** Whether there is something for each of them, whatever else is chosen. */
  async function canBe(added: readonly Wanted[], chosen: ReadonlyMap<string, Chosen>): Promise<boolean> {
    for (const { requirement, by } of added) {
      const { name, specifiers, text } = requirement;
      const known = chosen.get(name);
      if (known === undefined) {
        const { candidates, leftOut } = await find(name);
        if (usableOf(candidates, specifiers).length > 0) continue;
        fail(
          candidates.length === 0
            ? (leftOut ?? `there is no package ${name}`)
            : `no version of ${name} that can be used here satisfies ${text} (of ${by})`,
        );
        return false;
      }
      if (satisfies(known.candidate.parsed, specifiers)) continue;
      fail(`${name} ${known.candidate.version} does not satisfy ${text} (of ${by})`);
      return false;
    }
    return true;
  }

  async function requirementsOf({ candidate }: Chosen, extras: Iterable<string>): Promise<Wanted[]> {
    const given = [...extras];
    return (await candidate.requires())
      .map(parseRequirement)
      .filter((requirement) => requirement.holds(given))
      .map((requirement) => ({ requirement, by: candidate.name }));
  }

  const first = requirements.map(parseRequirement).filter((requirement) => requirement.holds([]));
  const chosen = await choose(
    first.map((requirement) => ({ requirement, by: undefined })),
    new Map(),
    [],
  );
  if (chosen === undefined) throw packageError(failure ?? "no set of packages satisfies all requirements");
  return sortLock({
    packages: [...chosen.values()].map(({ candidate }) => lockedPackage(candidate)),
    wanted: [...new Set(first.map(({ name }) => name))],
  });
}

/** The best file of each version that may be taken, the newest first. */
function usableOf(candidates: readonly Candidate[], specifiers: Requirement["specifiers"]): Candidate[] {
  const python = parseVersion(guestPythonVersion) as Version;
  const isExact = specifiers.some(
    ({ operator, isPrefix }) => (operator === "==" || operator === "===") && !isPrefix,
  );
  const matching = candidates.filter(({ parsed, isYanked, requiresPython }) => {
    const pythons = requiresPython === undefined ? [] : parseSpecifiers(requiresPython);
    return (
      satisfies(parsed, specifiers) &&
      (isYanked !== true || isExact) &&
      (pythons === undefined || satisfies(python, pythons))
    );
  });
  const final = matching.filter(({ parsed }) => !parsed.isPrerelease);
  const allowed = namesPrerelease(specifiers) || final.length === 0 ? matching : final;
  const sorted = [...allowed].sort((a, b) => compareVersions(b.parsed, a.parsed) || b.rank - a.rank);
  return sorted.filter(({ parsed }, index) => sorted[index - 1]?.parsed.text !== parsed.text);
}

function describe(all: readonly Wanted[], name: string): string {
  return all
    .filter(({ requirement }) => requirement.name === name)
    .map(({ requirement, by }) => `${requirement.text}${by === undefined ? "" : ` (of ${by})`}`)
    .join(" and ");
}
