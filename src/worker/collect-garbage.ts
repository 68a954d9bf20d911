/**
 * Collects the garbage of the thread that calls, which takes some ten milliseconds. V8 hardly sees the memory of
 * WebAssembly instances, so by itself it may keep that of several guests that are gone. Only the inspector can ask
 * for a collection; where Node.js was built without it, nothing happens.
 */
export async function collectGarbage(): Promise<void> {
  const inspector = await import("node:inspector").catch(() => undefined);
  if (inspector === undefined) return;
  const session = new inspector.Session();
  session.connect();
  await new Promise((resolve) => session.post("HeapProfiler.collectGarbage", resolve));
  session.disconnect();
}
