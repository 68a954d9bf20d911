import {
  type ByteReader,
  type Connection,
  NetworkFailure,
  type NetworkPort,
  type SecureOptions,
} from "../../engine/network-port.js";
import { fetchFrom } from "./fetch.js";
import { createGrants } from "./grants.js";
import { type NetworkState, text, wrong } from "./network-state.js";
import { createPolicy, NotAllowedError } from "./policy.js";
import type { NetworkOptions } from "./types.js";

/** What a guest does in the network: operations by name, which answer with plain values. */
export interface Network {
  /** Rejects with a `NetworkFailure` or a `NotAllowedError`. The arguments are a stranger's. */
  perform(operation: string, given: unknown, signal: AbortSignal): Promise<unknown>;
  /** Closes all that is open: another guest is there, or none. */
  closeAll(): void;
}

export const networkDefaults = { maxConnections: 256, maxBytes: 1024 ** 3 } as const;

/** @param options Have been checked. */
export function createNetwork(options: NetworkOptions, port: NetworkPort): Network {
  const { maxConnections = networkDefaults.maxConnections, maxBytes = networkDefaults.maxBytes } = options;
  // Where nobody tells what a name leads to, it must be named.
  const isEverything = (rule: string) => rule.startsWith("*") && !rule.startsWith("*.");
  const policy = createPolicy(
    port.lookup === undefined ? options.allow.filter((rule) => !isEverything(rule)) : options.allow,
  );
  let guest = newGuest();

  function newGuest() {
    const open = new Map<number, ByteReader | Connection>();
    // Not those of a guest before, whose state this one may go on from.
    let last = Math.floor(Math.random() * 2 ** 40);
    let bytes = 0;
    let coming = 0;
    let isGone = false;
    const state: NetworkState = {
      grants: createGrants(policy, port),
      port,
      count(more) {
        bytes += more;
        if (bytes > maxBytes) {
          throw new NetworkFailure(
            "ENOBUFS",
            `the network's limit of ${maxBytes} bytes (maxBytes) is used up`,
          );
        }
      },
      keep(opened) {
        if (isGone) {
          opened.close();
          throw new NetworkFailure("ECONNABORTED", "the session has begun anew");
        }
        open.set(++last, opened);
        return last;
      },
      reserve() {
        if (open.size + coming >= maxConnections) {
          throw new NetworkFailure(
            "EMFILE",
            `${maxConnections} connections are open, which is the limit (maxConnections): close some, or read bodies to their end`,
          );
        }
        coming++;
        return () => void coming--;
      },
    };
    return {
      state,
      open,
      leave() {
        isGone = true;
        for (const each of open.values()) each.close();
        open.clear();
      },
    };
  }

  async function lookup({ host, port: portNumber }: Given): Promise<unknown> {
    return guest.state.grants.addressesOf(
      text(host),
      portNumber === undefined ? undefined : portOf(portNumber),
    );
  }

  async function connect({ address, port: given }: Given, signal: AbortSignal): Promise<unknown> {
    const { state } = guest;
    const portNumber = portOf(given);
    const checked = state.grants.addressToConnect(text(address), portNumber);
    const leave = state.reserve();
    try {
      const connection = await port.connect(checked, portNumber, signal);
      const { local, remote } = connection;
      return { id: state.keep(connection), local, remote };
    } finally {
      leave();
    }
  }

  async function receive({ id }: Given): Promise<unknown> {
    const { state, open } = guest;
    const reader = found(id);
    const bytes = await reader.read();
    if (bytes !== undefined) state.count(bytes.length);
    // An answer's body has no other direction.
    else if (!("write" in reader)) open.delete(id as number);
    return bytes ?? null;
  }

  async function send({ id, bytes }: Given): Promise<unknown> {
    if (!(bytes instanceof Uint8Array)) throw wrong("bytes");
    const connection = connectionOf(id);
    guest.state.count(bytes.length);
    await connection.write(bytes);
    return null;
  }

  async function end({ id }: Given): Promise<unknown> {
    connectionOf(id).end();
    return null;
  }

  async function close({ id }: Given): Promise<unknown> {
    guest.open.get(id as number)?.close();
    guest.open.delete(id as number);
    return null;
  }

  function found(id: unknown): ByteReader | Connection {
    const opened = guest.open.get(id as number);
    if (opened === undefined)
      throw new NetworkFailure(
        "ENOTCONN",
        "the connection is not open: it was closed, or the session has gone on from a saved state",
      );
    return opened;
  }

  function connectionOf(id: unknown): Connection {
    const opened = found(id);
    if (!("write" in opened)) throw new NetworkFailure("ENOTCONN", "it is no connection");
    return opened;
  }

  const operations: Readonly<Record<string, (given: Given, signal: AbortSignal) => Promise<unknown>>> = {
    lookup,
    connect,
    receive,
    send,
    end,
    close,
    secure: async (given) => connectionOf(given.id).secure(secureOptions(given)),
    fetch: async (given, signal) => fetchFrom(guest.state, given, signal),
  };

  return {
    async perform(operation, given, signal) {
      const action = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (action === undefined) throw new NetworkFailure("EINVAL", "there is no such operation");
      return action(Object(given), signal);
    },
    closeAll() {
      guest.leave();
      guest = newGuest();
    },
  };
}

type Given = Readonly<Record<string, unknown>>;

/** What the guest is told of a failure. */
export function networkFailure(error: unknown): { readonly type: string; readonly message: string } {
  if (error instanceof NotAllowedError) return { type: "EACCES", message: error.message };
  if (error instanceof NetworkFailure) return { type: error.code, message: error.message };
  return { type: "EIO", message: error instanceof Error ? error.message : String(error) };
}

function portOf(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_535) throw wrong("a port");
  return value as number;
}

function secureOptions(given: Given): SecureOptions {
  const texts = ["serverName", "ca", "cert", "key", "passphrase"] as const;
  const { alpn } = given;
  if (alpn !== undefined && (!Array.isArray(alpn) || alpn.length > 16)) throw wrong("protocols");
  return {
    isVerified: given.isVerified !== false,
    isNameChecked: given.isNameChecked !== false,
    usesPlatformCa: given.usesPlatformCa === true,
    ...Object.fromEntries(
      texts.filter((name) => given[name] !== undefined).map((name) => [name, text(given[name])]),
    ),
    ...(alpn === undefined ? {} : { alpn: alpn.map(text) }),
  };
}
