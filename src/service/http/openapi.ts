import { nameRule } from "../spec/names.js";
import type { Route } from "./route.js";
import { answerSchemas, requestSchemas } from "./schemas.js";

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const inJson = (name: string) => ({ "application/json": { schema: reference(name) } });
const bytes = { schema: { type: "string", format: "binary" } };

/** The description of the service in OpenAPI 3.1, from the routes and the schemas that requests are checked with. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}").replace("*", "{path}");
    paths[path] ??= {};
    (paths[path] as Record<string, object>)[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "wasm-repl", version, description: "Sandboxed sessions of Python and JavaScript." },
    paths,
    components: {
      schemas: { ...requestSchemas, ...answerSchemas },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operation(route: Route): object {
  const { verb, summary, status = 200 } = route;
  return {
    summary,
    ...(verb === undefined ? { security: [] } : { security: [{ token: [] }], "x-verb": verb }),
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: contentOfBody(route.body) } }),
    responses: {
      [status]: { description: "What was asked for.", ...contentOfAnswer(route) },
      default: {
        description: "Why not.",
        content: { "application/problem+json": { schema: reference("Problem") } },
      },
    },
  };
}

function parametersOf({ path, query = {}, hasEvents, method }: Route): object[] {
  const names = [...path.matchAll(/:(\w+)|(\*)/g)].map(([, name]) => name ?? "path");
  return [
    ...names.map((name) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
      ...(name === "path" || name === "id" ? {} : { description: nameRule }),
    })),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: "query",
      description,
      schema: { type: "string" },
    })),
    ...(path.endsWith("/cells") && method === "POST"
      ? [
          {
            name: "Idempotency-Key",
            in: "header",
            description: `The id of the cell. Default: a new one. ${nameRule}`,
            schema: { type: "string" },
          },
        ]
      : []),
    ...(hasEvents || path.endsWith("/events")
      ? [
          {
            name: "Last-Event-ID",
            in: "header",
            description: "The id of the last event that was read: those behind it follow.",
            schema: { type: "string" },
          },
        ]
      : []),
  ];
}

function contentOfBody(body: NonNullable<Route["body"]>): object {
  return "schema" in body ? inJson(body.schema) : { "application/octet-stream": bytes };
}

function contentOfAnswer({ answer, hasEvents }: Route): object {
  if (answer === undefined) return {};
  const events = hasEvents
    ? {
        "text/event-stream": {
          schema: { type: "string" },
          description:
            "Events attempt, output, gap, dropped, and at the end result (as in JSON) or failed (a problem).",
        },
      }
    : {};
  return {
    content: { ...(typeof answer === "string" ? inJson(answer) : { [answer.type]: bytes }), ...events },
  };
}
