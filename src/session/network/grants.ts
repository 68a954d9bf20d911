import { NetworkFailure, type NetworkPort } from "../../engine/network-port.js";
import { type Address, formatAddress, isPublic, parseAddress, unmapped } from "./addresses.js";
import { hostName, type NetworkPolicy, NotAllowedError } from "./policy.js";

/** Which addresses guest code may connect to: those that it is given, and those that names were found to have. */
export interface Grants {
  /**
   * The addresses of a host that may be connected to, at some port or at this one. Rejects with a `NotAllowedError` if
   * that is none. Empty for names where nobody tells their addresses.
   */
  addressesOf(host: string, port?: number): Promise<readonly string[]>;
  /** The text of an address that may be connected to. Throws a `NotAllowedError` if it may not. */
  addressToConnect(text: string, port: number): string;
}

/** The most addresses that are remembered. */
const mostAddresses = 10_000;

export function createGrants(policy: NetworkPolicy, port: Pick<NetworkPort, "lookup">): Grants {
  /** The names that an address was found for. */
  const namesOf = new Map<string, Set<string>>();

  function remember(name: string, text: string): void {
    const names = namesOf.get(text) ?? new Set();
    names.add(name);
    namesOf.delete(text);
    namesOf.set(text, names);
    const [oldest] = namesOf.keys();
    if (namesOf.size > mostAddresses && oldest !== undefined) namesOf.delete(oldest);
  }

  function mayConnect(address: Address, portNumber: number | undefined): boolean {
    if (portNumber === undefined) return policy.namesAddress(address) || policy.allowsName("*");
    return policy.allowsAddress(address, portNumber);
  }

  return {
    async addressesOf(host, portNumber) {
      const address = parseAddress(host);
      if (address !== undefined) {
        // A number is no name: whether it may be connected to is asked when that is done, unless it is now.
        if (portNumber !== undefined && !mayConnect(address, portNumber))
          throw refusedAddress(address, portNumber);
        return [formatAddress(unmapped(address))];
      }
      const name = hostName(host);
      if (name === undefined)
        throw new NetworkFailure("ENOTFOUND", `${JSON.stringify(host.slice(0, 300))} is no host name`);
      const isAllowed =
        portNumber === undefined ? policy.allowsName(name) : policy.allowsPort(name, portNumber);
      if (!isAllowed) throw refused(portNumber === undefined ? name : `${name}:${portNumber}`);
      if (port.lookup === undefined) return [];
      const found = (await port.lookup(name)).map(parseAddress).filter((each) => each !== undefined);
      const allowed = found.filter((each) => policy.allowsAddressOf(name, each, portNumber));
      const [first] = found;
      if (first !== undefined && allowed.length === 0) {
        throw new NotAllowedError(
          `${name} has the address ${formatAddress(unmapped(first))}, which is not public: ${advice(formatAddress(unmapped(first)))}`,
        );
      }
      const texts = allowed.map((each) => formatAddress(unmapped(each)));
      for (const text of texts) remember(name, text);
      return texts;
    },
    addressToConnect(given, portNumber) {
      const address = parseAddress(given);
      if (address === undefined) throw new NetworkFailure("EINVAL", "it is no address");
      const text = formatAddress(unmapped(address));
      const isGranted = [...(namesOf.get(text) ?? [])].some(
        (name) => policy.allowsPort(name, portNumber) && policy.allowsAddressOf(name, address, portNumber),
      );
      if (isGranted || mayConnect(address, portNumber)) return text;
      const [name] = namesOf.get(text) ?? [];
      throw name === undefined ? refusedAddress(address, portNumber) : refused(`${name}:${portNumber}`);
    },
  };
}

function refusedAddress(address: Address, port: number): NotAllowedError {
  const text = formatAddress(unmapped(address));
  const place = `${text.includes(":") ? `[${text}]` : text}:${port}`;
  if (isPublic(address)) return refused(place);
  return new NotAllowedError(`${text} is not a public address: ${advice(place)}`);
}

function refused(place: string): NotAllowedError {
  return new NotAllowedError(`${place} is not among the hosts that this program was given: ${advice(place)}`);
}

function advice(place: string): string {
  return `--allow-net ${place} gives it (in the library, network: { allow: [${JSON.stringify(place)}] })`;
}
