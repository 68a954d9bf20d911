/**
 * Where browsers hold pages to it, text becomes markup or a script's address nowhere but here: HTML is parsed into
 * documents that do nothing, and scripts of workers are the page's own.
 */
interface TrustedTypes {
  createPolicy(
    name: "default",
    rules: Record<
      "createHTML" | "createScriptURL",
      (text: string, type: string, sink: string) => string | null
    >,
  ): unknown;
}

const workers = ["Worker constructor", "ServiceWorkerContainer register"];

export function setTrustedTypes(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createHTML: (text, _, sink) => (sink === "DOMParser parseFromString" ? text : null),
    createScriptURL: (text, _, sink) => {
      return workers.includes(sink) && new URL(text, document.baseURI).origin === location.origin
        ? text
        : null;
    },
  });
}
