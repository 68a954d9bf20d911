import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TestCertificate } from "./test-certificates.js";

/** A server on this machine, for tests. */
export interface TestServer {
  readonly port: number;
  /** How many connections it has had. */
  readonly connections: number;
  /** Resolves with the next connection. */
  nextConnection(): Promise<Socket>;
  close(): void;
}

export const serveHttp = (listener: RequestListener) => listen(createHttpServer(listener));
export const serveHttps = (certificate: TestCertificate, listener: RequestListener) =>
  listen(createHttpsServer({ ...certificate }, listener));

/** Does with each connection what it is told; sends back what comes, by default. */
export function serveTcp(onConnection: (socket: Socket) => void = echo, host?: string): Promise<TestServer> {
  return listen(createTcpServer(onConnection), host);
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

async function listen(server: Server, host = "127.0.0.1"): Promise<TestServer> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    // A client that goes away is no concern of the server's.
    socket.on("error", () => {});
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    nextConnection: async () => (await once(server, "connection"))[0] as Socket,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
