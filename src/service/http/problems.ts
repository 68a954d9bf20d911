import { STATUS_CODES } from "node:http";
import { WasmReplError } from "../../errors.js";
import { Failure, failureStatus } from "../failure.js";
import { StoreUnavailable, StoreUnusable } from "../store/store-unavailable.js";
import { OwnedElsewhere } from "../worker/held.js";

/** An error as RFC 9457 has it, with a code for programs. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  /** One line for a person. */
  readonly detail: string;
  readonly code: string;
  readonly errno?: string;
}

/** What a request gets for an error. What was not meant for it is told to nobody but the log. */
export function failureOf(error: unknown, log: (line: string) => void): Failure {
  if (error instanceof Failure) {
    // The client cannot mend it.
    if (error.code === "UNAVAILABLE" && error.cause instanceof Error)
      log(`${error.message}: ${error.cause.message}`);
    return error;
  }
  // What the database refuses all at once, a password that was changed for instance, may be mended while this runs.
  if (error instanceof StoreUnavailable || error instanceof StoreUnusable) {
    return new Failure(
      "UNAVAILABLE",
      "the store cannot be reached; whether something has happened is not known",
    );
  }
  if (error instanceof OwnedElsewhere) {
    return new Failure("UNAVAILABLE", "the worker that has the session cannot be reached");
  }
  if (error instanceof WasmReplError) {
    switch (error.code) {
      case "INVALID_OPTION":
        return new Failure("INVALID_REQUEST", error.message);
      case "FILE_FAILED":
        return fileFailure(error);
      case "SUSPENDED":
      case "NOT_SUSPENDED":
        return new Failure(error.code, error.message);
      case "SESSION_CLOSED":
      case "THREAD_LOST":
      case "TOO_MANY_SESSIONS":
        return new Failure("UNAVAILABLE", "the session was given up meanwhile");
    }
  }
  log(`a request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new Failure("INTERNAL", "the service has failed; its log says why");
}

function fileFailure({ errno, message }: WasmReplError): Failure {
  const options = errno === undefined ? {} : { errno };
  return new Failure(errno === "ENOENT" ? "NOT_FOUND" : "FILE_FAILED", message, options);
}

export function problemOf({ code, message, errno }: Failure): Problem {
  const status = failureStatus[code];
  return {
    status,
    title: STATUS_CODES[status] ?? "Error",
    detail: message,
    code,
    ...(errno === undefined ? {} : { errno }),
  };
}
