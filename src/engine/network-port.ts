/** The network as a platform gives it. It is told which addresses are allowed, and connects to no other. */
export interface NetworkPort {
  /**
   * The addresses of a host name, as the system resolves it. Rejects with a `NetworkFailure`. Absent: the network resolves
   * names by itself and tells nobody, so whoever names a host allows what its name leads to.
   */
  lookup?(name: string): Promise<readonly string[]>;
  /** Rejects with a `NetworkFailure`. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Connection>;
  /** Sends one HTTP request to one of the addresses, and gives the answer as it is: redirects are the caller's. */
  request(request: HttpRequest, addresses: readonly string[], signal: AbortSignal): Promise<HttpAnswer>;
}

/** A stream of bytes in both directions. Its methods reject with a `NetworkFailure`. */
export interface Connection extends ByteReader {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Resolves when the system has taken the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends no more. */
  end(): void;
  /** Speaks TLS from now on, as its client. */
  secure(options: SecureOptions): Promise<SecureInfo>;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface ByteReader {
  /** The next bytes; undefined at the end. One call at a time. */
  read(): Promise<Uint8Array | undefined>;
  close(): void;
}

export interface SecureOptions {
  /** What the server's certificate must be for; absent: it is not looked at. */
  readonly serverName?: string;
  /** Whether the certificate must be one that is trusted. */
  readonly isVerified: boolean;
  /** Whether it must be for `serverName`. */
  readonly isNameChecked: boolean;
  /** Certificates in PEM that are trusted in place of the platform's, or besides. */
  readonly ca?: string;
  readonly usesPlatformCa?: boolean;
  readonly alpn?: readonly string[];
  /** A certificate of the client's own with its key, in PEM. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

export interface SecureInfo {
  /** As `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  readonly cipherBits: number;
  readonly alpn?: string;
  /** The names that the server's certificate is for, as `DNS:example.com, IP Address:192.0.2.1`. */
  readonly names?: string;
  /** The server's certificate in DER. */
  readonly certificate?: Uint8Array;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** As it was sent, without the coding that `content-encoding` names. */
  readonly body: ByteReader;
}

/** What has failed in the network. */
export class NetworkFailure extends Error {
  override readonly name = "NetworkFailure";
  /** As POSIX names it: `ECONNREFUSED`; of a name, `ENOTFOUND` or `EAGAIN`; of a certificate, `ECERT`; else `EIO`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
