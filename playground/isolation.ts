/** Once for each tab, so that a browser which does not go along is not asked for ever. */
const triedMark = "wasm-repl.isolation";
const longestWaitMs = 3000;

/**
 * Where the host does not isolate the page: has a service worker do so, and loads the page again. True if that is under
 * way, and nothing else is to be done. Where it cannot be, the page works as it is.
 */
export async function becomesIsolated(): Promise<boolean> {
  if (crossOriginIsolated || navigator.serviceWorker === undefined) return false;
  try {
    if (sessionStorage.getItem(triedMark) !== null) return false;
    sessionStorage.setItem(triedMark, "tried");
    const controlled = new Promise<void>((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", () => resolve());
    });
    const { active } = await navigator.serviceWorker.register("isolation.js");
    // One that is at work already takes this page when it is loaded again; a new one may never come to it.
    if (active === null) await Promise.race([controlled, later()]);
    location.reload();
    return true;
  } catch {
    return false;
  }
}

function later(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("no service worker has come")), longestWaitMs);
  });
}
