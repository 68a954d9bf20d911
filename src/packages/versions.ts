/** Versions and what is asked of them, as PEP 440 has it. */

export interface Version {
  readonly text: string;
  readonly epoch: number;
  readonly release: readonly number[];
  /** Everything that follows the release, in an order in which numbers compare: see `suffixOf`. */
  readonly suffix: readonly number[];
  readonly isPrerelease: boolean;
  readonly local: readonly (number | string)[];
}

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const phases: Readonly<Record<string, number>> = {
  a: 1,
  alpha: 1,
  b: 2,
  beta: 2,
  c: 3,
  rc: 3,
  pre: 3,
  preview: 3,
};
const longestVersion = 200;
/** Later than any number in a version. */
const last = Number.MAX_SAFE_INTEGER;

/** Undefined for what is no version. */
export function parseVersion(given: string): Version | undefined {
  const text = given.trim().toLowerCase();
  const match = text.length > longestVersion ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, epoch, release = "", phase, phaseNumber, implicitPost, post, postNumber, dev, devNumber, local] =
    match;
  const hasPost = implicitPost !== undefined || post !== undefined;
  // A development release comes before what it leads to; a final release after its candidates.
  const phaseRank = phase !== undefined ? (phases[phase] as number) : dev !== undefined && !hasPost ? 0 : 4;
  return {
    text,
    epoch: Number(epoch ?? 0),
    release: release.split(".").map(Number),
    suffix: [
      phaseRank,
      Number(phaseNumber || 0),
      hasPost ? Number(implicitPost ?? (postNumber || 0)) : -1,
      dev === undefined ? last : Number(devNumber || 0),
    ],
    isPrerelease: phase !== undefined || dev !== undefined,
    local:
      local === undefined
        ? []
        : local.split(/[-_.]/).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  };
}

/** Below 0 if the first comes before the second. */
export function compareVersions(a: Version, b: Version): number {
  return comparePublic(a, b) || compareLocal(a.local, b.local);
}

function comparePublic(a: Version, b: Version): number {
  return a.epoch - b.epoch || compareNumbers(a.release, b.release) || compareNumbers(a.suffix, b.suffix);
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareLocal(a: Version["local"], b: Version["local"]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one, other] = [a[index], b[index]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    if (typeof one !== typeof other) return typeof one === "string" ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}

export interface Specifier {
  readonly operator: "==" | "!=" | "<=" | ">=" | "<" | ">" | "~=" | "===";
  readonly version: Version;
  /** It ends in `.*`. */
  readonly isPrefix: boolean;
}

/** Reads `>=1.2,<2`. Undefined for what is none. */
export function parseSpecifiers(text: string): Specifier[] | undefined {
  const specifiers: Specifier[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const [, operator, rest = ""] = /^(===|==|!=|<=|>=|<|>|~=)\s*(.+)$/.exec(part) ?? [];
    const isPrefix = rest.endsWith(".*") && (operator === "==" || operator === "!=");
    const version = parseVersion(isPrefix ? rest.slice(0, -2) : rest);
    if (operator === undefined || version === undefined) return undefined;
    specifiers.push({ operator: operator as Specifier["operator"], version, isPrefix });
  }
  return specifiers;
}

export function satisfies(version: Version, specifiers: readonly Specifier[]): boolean {
  return specifiers.every((specifier) => satisfiesOne(version, specifier));
}

/** Whether a prerelease may be taken because it was asked for. */
export function namesPrerelease(specifiers: readonly Specifier[]): boolean {
  return specifiers.some(({ version, operator }) => version.isPrerelease && operator !== "!=");
}

function satisfiesOne(version: Version, { operator, version: wanted, isPrefix }: Specifier): boolean {
  const order = comparePublic(version, wanted);
  switch (operator) {
    case "===":
      return version.text === wanted.text;
    case "==":
      if (isPrefix) return hasPrefix(version, wanted.release, wanted.epoch);
      return order === 0 && (wanted.local.length === 0 || compareLocal(version.local, wanted.local) === 0);
    case "!=":
      return !satisfiesOne(version, { operator: "==", version: wanted, isPrefix });
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "~=":
      return order >= 0 && hasPrefix(version, wanted.release.slice(0, -1), wanted.epoch);
    case "<":
      // What leads to a version is not before it, unless it was asked for.
      return order < 0 && (!version.isPrerelease || wanted.isPrerelease || !isSameRelease(version, wanted));
    case ">":
      return (
        order > 0 &&
        ((wanted.suffix[2] as number) >= 0 ||
          (version.suffix[2] as number) < 0 ||
          !isSameRelease(version, wanted))
      );
  }
}

function isSameRelease(a: Version, b: Version): boolean {
  return a.epoch === b.epoch && compareNumbers(a.release, b.release) === 0;
}

function hasPrefix({ release, epoch }: Version, prefix: readonly number[], wantedEpoch: number): boolean {
  return epoch === wantedEpoch && prefix.every((number, index) => (release[index] ?? 0) === number);
}
