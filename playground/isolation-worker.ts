/**
 * A service worker for hosts that send no headers of their own: it hands on what they send, with the two that let the
 * page share memory with its workers. It keeps nothing.
 */
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface WorkerScope {
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  addEventListener(
    type: "install" | "activate",
    listener: (event: { waitUntil(done: Promise<void>): void }) => void,
  ): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

const scope = self as unknown as WorkerScope;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("fetch", (event) => event.respondWith(isolated(event.request)));

async function isolated(request: Request): Promise<Response> {
  const response = await fetch(request);
  // Of another origin, or a redirection: nothing can be said about it.
  if (response.status === 0 || response.type.startsWith("opaque")) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  // These have no body, and must not be given one.
  const body = [204, 205, 304].includes(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}
