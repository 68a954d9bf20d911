import type { Language } from "../engine/runtime.js";
import { sessionInfoOf } from "./answers.js";
import { checkCallId, checkCellId, checkKey, checkNames } from "./check-options.js";
import type { Answer, Asked, Connection, Settle } from "./connection.js";
import { createRemoteFiles, nothing } from "./files.js";
import { mostJsonBytes } from "./json.js";
import { pause } from "./patience.js";
import { runCell } from "./run-cell.js";
import { ServiceError } from "./service-error.js";
import { cellRequestOf, resumeOptionNames } from "./session-spec.js";
import { createStop, type Stop } from "./stop.js";
import type { CallAnswer, RemoteResult, RemoteResumeOptions, RemoteSession } from "./types.js";
import { toJsonValue } from "./values.js";

/** Of a snapshot, whole. */
const mostSnapshotBytes = 1024 * 1024 * 1024;
/** Between two tries to stop a cell that has not begun. */
const interruptPauseMs = 100;
/** 96 bits. */
const idBytes = 12;

export const sessionPath = (key: string) => `v1/sessions/${key}`;

/** @param clientStop Stopped when the client is closed. */
export function createRemoteSession(
  connection: Connection,
  key: string,
  language: Language,
  clientStop: Stop,
): RemoteSession {
  const base = sessionPath(key);
  const stop = createStop(clientStop);
  /** The cells that are waited for. */
  const waiting = new Set<string>();

  const ask = <Result>(asked: Asked, read: (answer: Answer) => Promise<Result>, settle?: Settle<Result>) =>
    connection.ask(asked, read, stop, settle);
  const post = (path: string) => ask({ method: "POST", path: `${base}/${path}` }, nothing);

  async function interruptCell(cellId: string): Promise<void> {
    try {
      await post(`cells/${cellId}/interrupt`);
    } catch (error) {
      if (!(error instanceof ServiceError && hasNothingToStop(error))) throw error;
    }
  }

  /** Runs something of a cell, which can be stop meanwhile. */
  async function perform(
    asked: Asked,
    cellId: string | undefined,
    options: RemoteResumeOptions,
    which: "any" | "this" = "this",
  ): Promise<RemoteResult> {
    const { signal, onOutput } = options;
    if (cellId !== undefined && signal?.aborted) return notBegun(cellId);
    let isOver = false;
    const interruptIt = () => {
      if (cellId !== undefined) void untilOver(() => interruptCell(cellId));
    };
    async function untilOver(act: () => Promise<void>): Promise<void> {
      while (!isOver) {
        // Whoever waits for the cell is told of what is wrong.
        await act().catch(() => {});
        await pause(interruptPauseMs, stop).catch(() => {
          isOver = true;
        });
      }
    }
    signal?.addEventListener("abort", interruptIt, { once: true });
    if (cellId !== undefined) waiting.add(cellId);
    let readerFault: { readonly error: unknown } | undefined;
    try {
      return await runCell(
        connection,
        asked,
        which === "any" ? undefined : cellId,
        onOutput === undefined
          ? options
          : {
              ...options,
              async onOutput(stream, text) {
                try {
                  await onOutput(stream, text);
                } catch (error) {
                  readerFault = { error };
                  throw error;
                }
              },
            },
        stop,
      );
    } catch (error) {
      if (readerFault !== undefined && cellId !== undefined) await interruptCell(cellId).catch(() => {});
      else if (error instanceof ServiceError && cellId !== undefined) error.cellId = cellId;
      throw error;
    } finally {
      isOver = true;
      signal?.removeEventListener("abort", interruptIt);
      if (cellId !== undefined) waiting.delete(cellId);
    }
  }

  const info = () =>
    ask({ method: "GET", path: base }, async (answer) => sessionInfoOf(await answer.bytes(mostJsonBytes)));

  return {
    key,
    language,
    info,
    async run(code, options = {}) {
      const { cellId = newId() } = options;
      checkCellId(cellId);
      const json = cellRequestOf(code, options);
      const headers = { "idempotency-key": cellId };
      return perform({ method: "POST", path: `${base}/cells`, headers, json }, cellId, options);
    },
    async resume(answers, options = {}) {
      checkNames("resume", options, resumeOptionNames);
      const json = {
        answers: answers.map(({ call, ...answer }) => {
          checkCallId(call);
          return { call, ...answerInJson(answer as CallAnswer) };
        }),
      };
      const { suspendedCell } = await info();
      // Answers that were given before are of an earlier cell.
      return perform({ method: "POST", path: `${base}/resume`, json }, suspendedCell, options, "any");
    },
    async follow(cellId, options = {}) {
      checkCellId(cellId);
      checkNames("follow", options, resumeOptionNames);
      return perform({ method: "GET", path: `${base}/events?cell=${cellId}` }, cellId, options);
    },
    async interrupt(cellId) {
      if (cellId !== undefined) checkCellId(cellId);
      await Promise.all((cellId === undefined ? [...waiting] : [cellId]).map(interruptCell));
    },
    files: createRemoteFiles(base, ask),
    async snapshot() {
      try {
        return await ask({ method: "GET", path: `${base}/snapshot` }, (answer) =>
          answer.bytes(mostSnapshotBytes),
        );
      } catch (error) {
        if (!(error instanceof ServiceError && error.code === "NOT_FOUND")) throw error;
        // Either the session has no state, or there is none: then this rejects.
        await info();
        return undefined;
      }
    },
    restore: (snapshot) => ask({ method: "PUT", path: `${base}/snapshot`, bytes: snapshot }, nothing),
    reset: () => post("reset"),
    async fork(into) {
      checkKey(into);
      await ask({ method: "POST", path: `${base}/fork`, json: { key: into } }, nothing);
      return createRemoteSession(connection, into, language, clientStop);
    },
    evict: () => post("evict"),
    async delete() {
      try {
        await ask({ method: "DELETE", path: base }, nothing);
      } catch (error) {
        if (!(error instanceof ServiceError && error.code === "NOT_FOUND")) throw error;
      }
    },
    close: () => stop.stop(),
  };
}

/** It has ended, or never was. */
function hasNothingToStop({ code }: ServiceError): boolean {
  return code === "NOT_RUNNING" || code === "NOT_FOUND";
}

function notBegun(cellId: string): RemoteResult {
  return { cellId, attempts: 0, stopped: "interrupt", durationMs: 0 };
}

export function answerInJson(answer: CallAnswer): object {
  return "error" in answer ? { error: answer.error } : { value: toJsonValue(answer.value) };
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(idBytes));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
