import type { FailureCode } from "../service/failure.js";

/** Why a call of the client failed: what the service says of it, see docs/service.md, or one of the client's own. */
export type ServiceErrorCode =
  | FailureCode
  /** An option has a value that it cannot have, or does not exist. */
  | "INVALID_OPTION"
  /** For as long as was to be tried there was no connection, or each one was cut. What happened is not known. */
  | "UNREACHABLE"
  /** What answers there is not the service, or not one that this client knows. */
  | "INVALID_ANSWER"
  /** It sends the client elsewhere, which it does not follow: the token is for the service alone. */
  | "REDIRECTED"
  /** The cell has ended with its worker as often as it may, and has had no effect. */
  | "CELL_LOST"
  /** `close` of the session, or of the client, was called. */
  | "SESSION_CLOSED";

interface ServiceErrorOptions {
  readonly cause?: unknown;
  readonly status?: number;
  readonly errno?: string;
  readonly retryAfterMs?: number;
}

/** The one class of errors that the client throws. `message` is one line for a person, `code` is for programs. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ServiceErrorCode;
  /** The status of HTTP, if the service has answered. */
  declare readonly status?: number;
  /** Of a file: the name of the failure, as POSIX spells it, such as `ENOENT`. */
  declare readonly errno?: string;
  /** When the service wants to be asked again, in milliseconds from then. */
  declare readonly retryAfterMs?: number;
  /** With `run` and `resume`: the cell. Run again with this id, it still takes effect once. */
  declare cellId?: string;

  constructor(code: ServiceErrorCode, message: string, options: ServiceErrorOptions = {}) {
    const { cause, status, errno, retryAfterMs } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (status !== undefined) this.status = status;
    if (errno !== undefined) this.errno = errno;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

/** Passes by itself: the same may be asked again, as far as it may be done twice. */
export function isTransient(error: unknown): error is ServiceError {
  if (!(error instanceof ServiceError)) return false;
  switch (error.code) {
    case "UNREACHABLE":
    case "UNAVAILABLE":
    case "DRAINING":
    case "BUSY":
    case "TOO_MANY_REQUESTS":
      return true;
    default:
      return false;
  }
}

/** Of what is wrong with an answer, however it came about. */
export function invalidAnswer(reason: string, options?: ServiceErrorOptions): ServiceError {
  return new ServiceError(
    "INVALID_ANSWER",
    `what answers is not the service as it should be: ${reason}`,
    options,
  );
}
