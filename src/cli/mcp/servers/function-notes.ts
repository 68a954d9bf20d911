import type { Language } from "../../../engine/runtime.js";
import type { ServerFunction } from "./server-functions.js";

/** The most functions that a description names, and the most characters of what it says of one. */
const mostNamed = 100;
const longestLine = 200;

/** What a model is told of functions that its code may call. */
export function functionNotes(language: Language, list: readonly ServerFunction[]): string[] {
  if (list.length === 0) return [];
  const isPython = language === "python";
  const how = isPython
    ? "Functions that the code may call (await name.aio(…) runs many at once with asyncio.gather; help(name) says more; a failure is an exception, tools.HostError):"
    : "Functions that the code may call, with their arguments by name in an object: await name({ … }). A failure is a HostError:";
  const lines = list.slice(0, mostNamed).map(({ name, tool }) => {
    const { properties = {}, required = [] } = tool.inputSchema as {
      properties?: Record<string, unknown>;
      required?: string[];
    };
    const optional = Object.keys(properties).filter((each) => !required.includes(each));
    const parameters = isPython
      ? [...required, ...optional.map((each) => `${each}=…`)].join(", ")
      : `{ ${[...required, ...optional.map((each) => `${each}?`)].join(", ")} }`;
    const about = tool.description === undefined ? "" : `: ${tool.description}`;
    // Each is one line, whatever its server calls it and its parameters.
    const line = `- ${name}(${parameters})${about}`.replace(/[\s\p{Cc}]+/gu, " ").trim();
    return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  });
  const more = list.length > mostNamed ? [`- and ${list.length - mostNamed} more`] : [];
  return [how, ...lines, ...more];
}
