import { promises as dns } from "node:dns";
import { connect as connectTcp, isIPv6, type LookupFunction, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, rootCertificates, type TLSSocket } from "node:tls";
import {
  type ByteReader,
  type Connection,
  type Endpoint,
  NetworkFailure,
  type NetworkPort,
  type SecureInfo,
  type SecureOptions,
} from "../../engine/network-port.js";
import { failureOf } from "./failure.js";
import { requestOver } from "./http.js";
import { readerOf } from "./reader.js";

/** The network of this machine. */
export const nodeNetwork: NetworkPort = { lookup, connect, request: requestOver };

async function lookup(name: string): Promise<string[]> {
  try {
    return (await dns.lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTFOUND" || code === "ENODATA") {
      throw new NetworkFailure("ENOTFOUND", `the name ${name} is not known`);
    }
    throw new NetworkFailure("EAGAIN", `the name ${name} could not be looked up: ${code}`);
  }
}

function connect(address: string, port: number, signal: AbortSignal): Promise<Connection> {
  // No name gets here, so nothing is looked up again.
  const socket = connectTcp({ host: address, port, lookup: refuseLookup });
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      socket.destroy();
      reject(new NetworkFailure("ECONNABORTED", "the connection was given up"));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.setNoDelay(true);
      resolve(createConnection(socket));
    });
    socket.on("error", (error) => reject(failureOf(error)));
  });
}

const refuseLookup: LookupFunction = (name, _options, callback) => {
  callback(new NetworkFailure("EINVAL", `${name} is no address`), "", 0);
};

function createConnection(first: Socket): Connection {
  let socket: Socket | TLSSocket = first;
  let reader: ByteReader = readerOf(first);
  return {
    local: endpoint(first.localAddress, first.localPort),
    remote: endpoint(first.remoteAddress, first.remotePort),
    read: () => reader.read(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(failureOf(error)) : resolve()));
      }),
    end: () => void socket.end(),
    close() {
      // What was sent before still goes out.
      socket.destroySoon();
    },
    async secure(options) {
      if (socket !== first) throw new NetworkFailure("EINVAL", "the connection is secured already");
      const secured = await secure(first, options);
      socket = secured.socket;
      reader = readerOf(secured.socket);
      return secured.info;
    },
  };
}

function secure(raw: Socket, options: SecureOptions): Promise<{ socket: TLSSocket; info: SecureInfo }> {
  const { serverName, isVerified, isNameChecked, ca, usesPlatformCa, alpn, cert, key, passphrase } = options;
  const wanted: ConnectionOptions = {
    socket: raw,
    // An address is no name to be asked for, but is what the certificate must be for.
    ...(serverName === undefined ? {} : { host: serverName }),
    ...(serverName === undefined || isIPv6(serverName) || /^[\d.]+$/.test(serverName)
      ? {}
      : { servername: serverName }),
    rejectUnauthorized: isVerified,
    ...(isNameChecked && serverName !== undefined ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca: usesPlatformCa ? [...rootCertificates, ca] : ca }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  return new Promise((resolve, reject) => {
    let socket: TLSSocket;
    try {
      socket = connectTls(wanted);
    } catch (error) {
      // Certificates that are none.
      reject(new NetworkFailure("ECERT", (error as Error).message));
      return;
    }
    socket.once("secureConnect", () => {
      const { name, standardName } = socket.getCipher();
      const { alpnProtocol } = socket;
      const { raw: certificate, subjectaltname: names } = socket.getPeerCertificate();
      const info: SecureInfo = {
        protocol: socket.getProtocol() ?? "TLS",
        cipher: standardName ?? name,
        cipherBits: /256|CHACHA/.test(name) ? 256 : 128,
        ...(typeof alpnProtocol === "string" ? { alpn: alpnProtocol } : {}),
        ...(names === undefined ? {} : { names }),
        ...(certificate === undefined ? {} : { certificate }),
      };
      resolve({ socket, info });
    });
    socket.on("error", (error) => reject(failureOf(error)));
    raw.once("close", () =>
      reject(new NetworkFailure("ECONNRESET", "the connection was closed before it was secured")),
    );
  });
}

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  return { address: address ?? "0.0.0.0", port: port ?? 0 };
}
