import type { Language } from "../../engine/runtime.js";
import type { Session } from "../../session/session.js";
import { runDescription, type Surroundings } from "./descriptions.js";
import { shownValues } from "./pictures.js";
import { createProgressReport } from "./progress.js";
import { isLong, type RunTexts, reportRun, runOutputSchema, textsOf, wholeText } from "./run-report.js";
import type { CallToolResult } from "./sdk.js";
import { defaultSession, inputSchema, sessionArgument, type Tool, type ToolContext } from "./tool.js";
import type { Workspace } from "./workspace.js";

/** Where the whole is of what was too long for a result. */
export const wholeOutputPath = "/tmp/last-output.txt";

interface RunArguments {
  readonly code: string;
  readonly session?: string;
  readonly timeout_ms?: number;
}

export function runTool(language: Language, workspace: Workspace, surroundings: Surroundings): Tool {
  const { times, hasNetwork, maxWaitMs } = surroundings;
  const title = language === "python" ? "Run Python" : "Run JavaScript";

  async function call(args: RunArguments, { signal, tellProgress }: ToolContext): Promise<CallToolResult> {
    const { code, session: name = defaultSession, timeout_ms: timeoutMs = times.defaultMs } = args;
    const report = tellProgress === undefined ? undefined : createProgressReport(tellProgress);
    try {
      return await workspace.use(name, async (session) => {
        const result = await session.run(code, {
          signal,
          timeoutMs,
          ...(maxWaitMs === undefined ? { maxWaitMs: timeoutMs } : {}),
          ...(report === undefined ? {} : { onOutput: (_stream, text) => report.write(text) }),
        });
        const { pictures, text } = shownValues(result.display ?? []);
        const texts = textsOf(result, text);
        const whole = isLong(texts) ? await keepWhole(session, texts) : undefined;
        return reportRun(result, texts, pictures, { session: name, timeoutMs, times, hasNetwork }, whole);
      });
    } finally {
      report?.end();
    }
  }

  return {
    name: `run_${language}`,
    title,
    description: runDescription(language, surroundings),
    inputSchema: inputSchema(
      {
        code: { type: "string", description: "The code to run" },
        session: sessionArgument(
          "Its variables and files are what the code sees; a new name begins a new session. Default: default",
        ),
        timeout_ms: {
          type: "integer",
          minimum: 1,
          maximum: times.mostMs,
          default: times.defaultMs,
          description: "The longest time of the run, in milliseconds",
        },
      },
      ["code"],
    ),
    outputSchema: runOutputSchema as unknown as Tool["outputSchema"],
    annotations: {
      title,
      readOnlyHint: false,
      destructiveHint: surroundings.canWriteHost || surroundings.hasFunctions,
      idempotentHint: false,
      openWorldHint: hasNetwork || surroundings.hasFunctions,
    },
    call,
  };
}

async function keepWhole(
  session: Session,
  texts: RunTexts,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    await session.files.write(wholeOutputPath, wholeText(texts), { parents: true });
    return { path: wholeOutputPath };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
