import { sessionInfoOf, sessionPageOf } from "./answers.js";
import { checkCallId, checkKey, checkNames, checkTime } from "./check-options.js";
import { createConnection } from "./connection.js";
import { mostJsonBytes } from "./json.js";
import { answerInJson, createRemoteSession, sessionPath } from "./remote-session.js";
import { runCell } from "./run-cell.js";
import { invalidAnswer, ServiceError } from "./service-error.js";
import { specOf } from "./session-spec.js";
import { createStop } from "./stop.js";
import type { ConnectOptions, ServiceClient } from "./types.js";

const connectOptionNames = [
  "url",
  "token",
  "fetch",
  "retryMs",
  "quietMs",
  "answerMs",
] as const satisfies readonly (keyof ConnectOptions)[];

/**
 * The sessions of a service at an address. Nothing is asked of it yet. Works wherever there are `fetch` and web streams;
 * a page needs to be of the service's own origin, or a proxy in between. `INVALID_OPTION` for what it cannot be.
 */
export function connect(options: ConnectOptions): ServiceClient {
  checkNames("connect", options, connectOptionNames);
  const { token, retryMs, quietMs, answerMs } = options;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    // Without the token itself, which is a secret all the same.
    throw new ServiceError("INVALID_OPTION", "token has characters that no token has");
  }
  for (const [name, ms] of Object.entries({ retryMs, quietMs, answerMs })) checkTime(ms, name);
  const connection = createConnection(options);
  const stop = createStop();

  return {
    async createSession(key, language, spec = {}) {
      checkKey(key);
      const asked = { method: "PUT", path: sessionPath(key), json: specOf(language, spec) } as const;
      const info = await connection.ask(
        asked,
        async (answer) => sessionInfoOf(await answer.bytes(mostJsonBytes)),
        stop,
      );
      return createRemoteSession(connection, key, info.language, stop);
    },
    async openSession(key) {
      checkKey(key);
      const info = await connection.ask(
        { method: "GET", path: sessionPath(key) },
        async (answer) => sessionInfoOf(await answer.bytes(mostJsonBytes)),
        stop,
      );
      return createRemoteSession(connection, key, info.language, stop);
    },
    async *sessions(given = {}) {
      checkNames("sessions", given, ["prefix"]);
      const { prefix } = given;
      if (prefix !== undefined) checkKey(prefix);
      const query = prefix === undefined ? "" : `&prefix=${prefix}`;
      for (let after = ""; ; ) {
        const { sessions, next } = await connection.ask(
          { method: "GET", path: `v1/sessions?limit=1000${query}${after}` },
          async (answer) => sessionPageOf(await answer.bytes(mostJsonBytes)),
          stop,
        );
        yield* sessions;
        if (next === undefined) return;
        if (next !== sessions.at(-1)?.key) throw invalidAnswer("its list does not go on where it ends");
        after = `&after=${next}`;
      }
    },
    async answer(call, answer, given = {}) {
      checkCallId(call);
      checkNames("answer", given, ["onOutput", "onRestart"]);
      const asked = { method: "POST", path: `v1/calls/${call}`, json: answerInJson(answer) } as const;
      return runCell(connection, asked, undefined, given, stop);
    },
    close: () => stop.stop(),
  };
}
