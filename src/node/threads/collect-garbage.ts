/**
 * Collects the garbage of the thread that calls, which takes some ten milliseconds. V8 hardly sees the memory of
 * WebAssembly instances, so by itself it may keep that of several guests that are gone. Only the inspector can ask
 * for a collection; where Node.js lacks it or does not permit its use, nothing happens.
 */
export async function collectGarbage(): Promise<void> {
  try {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    await new Promise((resolve) => session.post("HeapProfiler.collectGarbage", resolve));
    session.disconnect();
  } catch {
    // V8 collects it by itself, later.
  }
}
