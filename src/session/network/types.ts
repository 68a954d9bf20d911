/** What guest code may reach of the network. */
export interface NetworkOptions {
  /**
   * The hosts that it may reach: `"example.com"`, `"example.com:443"`, `"*.example.com"`, `"192.0.2.1:80"`,
   * `"[2001:db8::1]:443"`, or `"*"` for every public host. Addresses that are not public (private, loopback and the like)
   * are refused unless they are named themselves, also where a name leads to them; `localhost` names this machine.
   */
  readonly allow: readonly string[];
  /** The most connections at a time. Default 256. */
  readonly maxConnections?: number;
  /** The most bytes in both directions, over the life of the interpreter. Default 1 GiB. */
  readonly maxBytes?: number;
}
