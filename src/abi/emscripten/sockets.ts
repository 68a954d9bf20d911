import { ErrnoError, errnoNumbers } from "../../errno.js";
import type { OpenFile } from "../../vfs/types.js";
import type { NetworkAnswer, NetworkLine } from "../network-line.js";
import { type EmscriptenHost, type ImportFunction, systemCall } from "./host.js";
import { createSocket, type Socket } from "./socket.js";
import { encodeSocketAddress, families, readSocketAddress, writeSocketAddress } from "./socket-address.js";

const streamType = 1;
const typeMask = 0xf;
const nonBlockingType = 0o4000;
const flags = {
  look: 2,
  dontWait: 0x40,
  /** Ours: words to the host in place of bytes to the other end. */ words: 0x2000_0000,
};
const shutDowns = { read: 0, write: 1, both: 2 };
const socketLevel = 1;
const socketOptions = {
  type: 3,
  error: 4,
  sendBuffer: 7,
  receiveBuffer: 8,
  keepAlive: 9,
  accepting: 30,
  protocol: 38,
  domain: 39,
};
const tcp = 6;
/** Reported, and not changed. */
const bufferBytes = 256 * 1024;
const maxWordBytes = 4 * 1024 * 1024;

const lookupErrors = {
  badFlags: -1,
  unknown: -2,
  again: -3,
  fail: -4,
  family: -6,
  type: -7,
  service: -8,
  memory: -10,
};
const lookupFlags = { passive: 1, numericHost: 4, numericPort: 0x400 };
const addressInfoBytes = 32;
const mostAddresses = 32;
const mostBuffers = 1024;

/**
 * The calls of sockets: streams over IPv4 and IPv6 that connect. Nothing listens, and there are no datagrams. `sendto` and
 * `recvfrom` with the flag `words` send a request about the connection to the host, as JSON, and give its answer.
 */
export function socketCalls(host: EmscriptenHost, line: NetworkLine): Record<string, ImportFunction> {
  const { memory, descriptors } = host;
  const sockets = new WeakMap<OpenFile, Socket>();
  /** Why the last lookup or connection was refused, for whoever asks. */
  let lastRefusal = "";

  function socketOf(descriptor: number): Socket {
    const socket = sockets.get(descriptors.get(descriptor));
    if (socket === undefined) throw new ErrnoError("ENOTSOCK");
    return socket;
  }

  function open(family: number, type: number, protocol: number): number {
    if (family !== families.inet && family !== families.inet6) throw new ErrnoError("EAFNOSUPPORT");
    if ((type & typeMask) !== streamType || (protocol !== 0 && protocol !== tcp)) {
      throw new ErrnoError("EPROTONOSUPPORT");
    }
    const socket = createSocket(family, line);
    socket.file.nonBlocking = (type & nonBlockingType) !== 0;
    sockets.set(socket.file, socket);
    return descriptors.add(socket.file);
  }

  function connect(descriptor: number, address: number, length: number): void {
    const socket = socketOf(descriptor);
    const to = readSocketAddress(memory, address, length);
    line.look();
    if (socket.state === "connected") throw new ErrnoError("EISCONN");
    if (socket.state === "connecting" && socket.file.nonBlocking) throw new ErrnoError("EALREADY");
    if (socket.state !== "connecting") {
      if (to.port === 0) throw new ErrnoError("ECONNREFUSED");
      socket.connect(to);
    }
    if (socket.file.nonBlocking) throw new ErrnoError("EINPROGRESS");
    socket.wait("write");
    const error = socket.takeError();
    if (error !== undefined) throw new ErrnoError(error);
  }

  function withFlags<Result>({ file }: Socket, given: number, action: () => Result): Result {
    const wasNonBlocking = file.nonBlocking;
    if ((given & flags.dontWait) !== 0) file.nonBlocking = true;
    try {
      return action();
    } finally {
      file.nonBlocking = wasNonBlocking;
    }
  }

  function send(descriptor: number, pointer: number, length: number, given: number): number {
    const socket = socketOf(descriptor);
    const bytes = memory.bytes(pointer, length);
    if ((given & flags.words) === 0) return withFlags(socket, given, () => socket.file.write(bytes));
    socket.ask("secure", readWords(bytes));
    return bytes.length;
  }

  function receive(descriptor: number, pointer: number, length: number, given: number): number {
    const socket = socketOf(descriptor);
    const buffer = memory.bytes(pointer, length);
    if ((given & flags.words) === 0) {
      return withFlags(socket, given, () =>
        length === 0 ? 0 : socket.receive(buffer, (given & flags.look) !== 0),
      );
    }
    const words = socket.state === "new" ? refusal() : socket.takeAnswer();
    if (words.length > buffer.length) throw new ErrnoError("EMSGSIZE");
    buffer.set(words);
    return words.length;
  }

  /** Moves the first buffer of a message that has room; a stream may always move fewer bytes than it was asked to. */
  function firstBuffer(message: number, move: (pointer: number, length: number) => number): number {
    const list = memory.u32(message + 8);
    const count = memory.u32(message + 12);
    if (count > mostBuffers) throw new ErrnoError("EMSGSIZE");
    for (let entry = list; entry < list + 8 * count; entry += 8) {
      const length = memory.u32(entry + 4);
      if (length > 0) return move(memory.u32(entry), length);
    }
    return 0;
  }

  function refusal(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ error: { type: "EACCES", message: lastRefusal } }));
  }

  function option(
    descriptor: number,
    level: number,
    name: number,
    pointer: number,
    lengthPointer: number,
  ): void {
    const socket = socketOf(descriptor);
    line.look();
    let value = 0;
    if (level === socketLevel) {
      if (name === socketOptions.error) {
        const error = socket.takeError();
        value = error === undefined ? 0 : errnoNumbers[error];
      } else if (name === socketOptions.type) value = streamType;
      else if (name === socketOptions.domain) value = socket.family;
      else if (name === socketOptions.protocol) value = tcp;
      else if (name === socketOptions.sendBuffer || name === socketOptions.receiveBuffer) value = bufferBytes;
      else if (name !== socketOptions.keepAlive && name !== socketOptions.accepting)
        throw new ErrnoError("ENOPROTOOPT");
    } else if (level === tcp) value = 1;
    else throw new ErrnoError("ENOPROTOOPT");
    if (memory.u32(lengthPointer) < 4) throw new ErrnoError("EINVAL");
    memory.setU32(pointer, value);
    memory.setU32(lengthPointer, 4);
  }

  function askNow(operation: string, given: Record<string, unknown>): NetworkAnswer | undefined {
    let answer: NetworkAnswer | undefined;
    line.ask(operation, given, (come) => {
      answer = come;
    });
    for (;;) {
      line.look();
      if (answer !== undefined) return answer;
      if (line.wait(Number.POSITIVE_INFINITY) === "interrupted") return undefined;
    }
  }

  function lookUp(node: number, service: number, hints: number, result: number): number {
    const wanted = hints === 0 ? 0 : memory.u32(hints);
    const family = hints === 0 ? 0 : memory.u32(hints + 4);
    const type = hints === 0 ? 0 : memory.u32(hints + 8);
    const protocol = hints === 0 ? 0 : memory.u32(hints + 12);
    if (family !== families.unspecified && family !== families.inet && family !== families.inet6)
      return lookupErrors.family;
    if (type !== 0 && type !== streamType) return lookupErrors.type;
    if (protocol !== 0 && protocol !== tcp) return lookupErrors.type;
    const port = service === 0 ? 0 : portOf(memory.zeroTerminatedString(service, 64));
    if (port === undefined) return lookupErrors.service;
    const list =
      node === 0
        ? { addresses: (wanted & lookupFlags.passive) === 0 ? ["127.0.0.1", "0:0:0:0:0:0:0:1"] : ["0.0.0.0"] }
        : find(memory.zeroTerminatedString(node, 1024), port);
    if ("error" in list) return list.error;
    const fitting = list.addresses
      .filter((address) => family === 0 || address.includes(":") === (family === families.inet6))
      .slice(0, mostAddresses);
    if (fitting.length === 0) return lookupErrors.unknown;
    return writeList(fitting, port, result) ? 0 : lookupErrors.memory;
  }

  function find(name: string, port: number): { addresses: readonly string[] } | { error: number } {
    const answer = askNow("lookup", { host: name, ...(port === 0 ? {} : { port }) });
    if (answer === undefined) return { error: lookupErrors.again };
    if (!("error" in answer)) return { addresses: answer.value as readonly string[] };
    const { type, message } = answer.error;
    lastRefusal = message;
    if (type === "EACCES") return { error: lookupErrors.fail };
    return { error: type === "ENOTFOUND" ? lookupErrors.unknown : lookupErrors.again };
  }

  /**
   * The C library frees the first entry and the first address, and nothing else: so all entries are one piece of memory, and
   * all addresses another.
   */
  function writeList(addresses: readonly string[], port: number, result: number): boolean {
    memory.check(result, 4);
    const encoded = addresses.map((address) => encodeSocketAddress({ address, port }));
    const entryBytes = addressInfoBytes * encoded.length;
    const entries = host.guest().allocate(entryBytes);
    const places = host.guest().allocate(encoded.reduce((sum, bytes) => sum + bytes.length, 0));
    if (entries === 0 || places === 0) return false;
    memory.bytes(entries, entryBytes).fill(0);
    let place = places;
    for (const [index, bytes] of encoded.entries()) {
      const entry = entries + addressInfoBytes * index;
      memory.bytes(place, bytes.length).set(bytes);
      memory.setU32(entry + 4, bytes.length === 28 ? families.inet6 : families.inet);
      memory.setU32(entry + 8, streamType);
      memory.setU32(entry + 12, tcp);
      memory.setU32(entry + 16, bytes.length);
      memory.setU32(entry + 20, place);
      if (index + 1 < encoded.length) memory.setU32(entry + 28, entry + addressInfoBytes);
      place += bytes.length;
    }
    memory.setU32(result, entries);
    return true;
  }

  function named(descriptor: number, address: number, length: number, which: "local" | "remote"): void {
    const socket = socketOf(descriptor);
    line.look();
    const unnamed = { address: socket.family === families.inet6 ? "0:0:0:0:0:0:0:0" : "0.0.0.0", port: 0 };
    const end = socket[which] ?? (which === "local" ? unnamed : undefined);
    if (end === undefined) throw new ErrnoError("ENOTCONN");
    writeSocketAddress(memory, address, length, end);
  }

  function shutDown(descriptor: number, how: number): void {
    if (how !== shutDowns.read && how !== shutDowns.write && how !== shutDowns.both)
      throw new ErrnoError("EINVAL");
    socketOf(descriptor).shutDown(how !== shutDowns.write, how !== shutDowns.read);
  }

  const refuse = (): never => {
    throw new ErrnoError("EACCES");
  };

  const calls: Record<string, ImportFunction> = {
    __syscall_socket: open,
    __syscall_connect: connect,
    __syscall_sendto: (descriptor: number, pointer: number, length: number, given: number) =>
      send(descriptor, pointer, length >>> 0, given),
    __syscall_recvfrom: (
      descriptor: number,
      pointer: number,
      length: number,
      given: number,
      address: number,
      addressLength: number,
    ) => {
      const count = receive(descriptor, pointer, length >>> 0, given);
      if (address !== 0 && addressLength !== 0) memory.setU32(addressLength, 0);
      return count;
    },
    __syscall_sendmsg: (descriptor: number, message: number, given: number) =>
      firstBuffer(message, (pointer, length) => send(descriptor, pointer, length, given)),
    __syscall_recvmsg: (descriptor: number, message: number, given: number) => {
      const count = firstBuffer(message, (pointer, length) => receive(descriptor, pointer, length, given));
      memory.setU32(message + 4, 0);
      memory.setU32(message + 20, 0);
      memory.setU32(message + 24, 0);
      return count;
    },
    __syscall_getsockname: (descriptor: number, address: number, length: number) =>
      named(descriptor, address, length, "local"),
    __syscall_getpeername: (descriptor: number, address: number, length: number) =>
      named(descriptor, address, length, "remote"),
    __syscall_getsockopt: option,
    __syscall_bind: refuse,
    __syscall_listen: refuse,
    __syscall_accept4: refuse,
  };
  return {
    ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, systemCall(call)])),
    getaddrinfo: lookUp,
    // Where the C library is told the result, if the call is known at all; its own knows none.
    _try_shutdown: (descriptor: number, how: number, result: number) => {
      memory.setU32(result, systemCall(() => shutDown(descriptor, how))() as number);
      return 1;
    },
  };
}

function readWords(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.length > maxWordBytes) throw new ErrnoError("EMSGSIZE");
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw new ErrnoError("EINVAL");
  }
}

const services: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ftp: 21,
  ssh: 22,
  smtp: 25,
  domain: 53,
  pop3: 110,
  imap: 143,
  imaps: 993,
};

function portOf(service: string): number | undefined {
  if (/^\d{1,5}$/.test(service)) return Number(service) <= 65_535 ? Number(service) : undefined;
  return Object.hasOwn(services, service) ? services[service] : undefined;
}
