import { type Address, formatAddress, isLoopback, isPublic, parseAddress, unmapped } from "./addresses.js";

/** A host that guest code may reach: all of its ports, or one. */
interface Rule {
  /** A name in lower case, `*.name` for those below it, or `*`; or the text of an address. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port?: number;
}

/** What guest code may reach. */
export interface NetworkPolicy {
  /** Whether a name may be asked for at all, for some port. */
  allowsName(name: string): boolean;
  /** Whether a port of a name may be reached, if its addresses may. */
  allowsPort(name: string, port: number): boolean;
  /** Whether an address is named itself, with that port if one is given. */
  namesAddress(address: Address, port?: number): boolean;
  /** Whether an address that a name was found to have may be connected to. */
  allowsAddressOf(name: string, address: Address, port?: number): boolean;
  /** Whether an address may be reached that was given as such. */
  allowsAddress(address: Address, port: number): boolean;
}

/** Something that was asked for is not allowed. The message says in one line what, and what gives it. */
export class NotAllowedError extends Error {
  override readonly name = "NotAllowedError";
}

/** The greatest length of a name in the domain name system. */
const longestName = 253;

/**
 * What `HOST[:PORT]` stands for. HOST is a name, `*.NAME` for all names below it, an address (IPv6 in brackets, if a port
 * follows), or `*` for all names and public addresses. Undefined for what is none.
 */
export function parseRule(text: string): Rule | undefined {
  const plain = parseAddress(text);
  if (plain !== undefined && plain.length === 16) return addressRule(plain, undefined);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, host = "", digits] = match;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (bracketed !== undefined) {
    const address = parseAddress(bracketed);
    return address?.length === 16 ? addressRule(address, port) : undefined;
  }
  const address = parseAddress(host);
  if (address !== undefined) return addressRule(address, port);
  const name = host === "*" ? host : host.startsWith("*.") ? below(host.slice(2)) : hostName(host);
  return name === undefined ? undefined : rule(name, false, port);
}

function addressRule(address: Address, port: number | undefined): Rule {
  return rule(formatAddress(unmapped(address)), true, port);
}

function rule(host: string, isAddress: boolean, port: number | undefined): Rule {
  return { host, isAddress, ...(port === undefined ? {} : { port }) };
}

function below(host: string): string | undefined {
  const name = hostName(host);
  return name === undefined ? undefined : `*.${name}`;
}

/** A host name as it is compared: in lower case, without a dot at its end. Undefined for what can be none. */
export function hostName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  const isName = name.length <= longestName && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);
  return isName ? name : undefined;
}

/** @param allow See `parseRule`; what it does not read has been refused before. */
export function createPolicy(allow: readonly string[]): NetworkPolicy {
  const rules = allow.map(parseRule).filter((each) => each !== undefined);
  const forName = (name: string) =>
    rules.filter(
      ({ host, isAddress }) =>
        !isAddress &&
        (host === name || host === "*" || (host.startsWith("*.") && name.endsWith(host.slice(1)))),
    );
  const forAddress = (address: Address) => {
    const text = formatAddress(unmapped(address));
    return rules.filter(({ host, isAddress }) => isAddress && host === text);
  };
  const allows = (found: readonly Rule[], port: number) =>
    found.some((each) => each.port === undefined || each.port === port);
  const policy: NetworkPolicy = {
    allowsName: (name) => forName(name).length > 0,
    allowsPort: (name, port) => allows(forName(name), port),
    namesAddress: (address, port) =>
      port === undefined ? forAddress(address).length > 0 : allows(forAddress(address), port),
    allowsAddressOf(name, address, port) {
      if (isPublic(address) || policy.namesAddress(address, port)) return true;
      // What this name is for, by definition; whoever gives it means that.
      const namesItself = rules.some(({ host }) => host === name);
      return namesItself && (name === "localhost" || name.endsWith(".localhost")) && isLoopback(address);
    },
    allowsAddress: (address, port) =>
      policy.namesAddress(address, port) ||
      (isPublic(address) &&
        allows(
          rules.filter(({ host }) => host === "*"),
          port,
        )),
  };
  return policy;
}
