import createRouter, { type HTTPMethod } from "find-my-way";
import type { Route } from "./route.js";

export interface Match {
  readonly route: Route;
  /** Decoded, once. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds what is asked for. The one door to the router. */
export interface Router {
  find(method: string, path: string): Match | undefined;
  /** What else may be asked at this address. */
  methodsAt(path: string): readonly string[];
}

export function createRoutes(routes: readonly Route[], longestPath: number): Router {
  const router = createRouter({ maxParamLength: longestPath, caseSensitive: true });
  for (const route of routes) router.on(route.method, route.path, () => {}, route);
  const methods = [...new Set(routes.map(({ method }) => method))];
  return {
    find(method, path) {
      const found = router.find(method as HTTPMethod, path);
      if (found === null) return undefined;
      return { route: found.store as Route, params: found.params as Record<string, string> };
    },
    methodsAt: (path) => methods.filter((method) => router.find(method, path) !== null),
  };
}
