import { namePattern } from "../spec/names.js";

/** JSON Schema, draft 2020-12: what checks requests, and what clients are told in the description of the service. */
export type Schema = Readonly<Record<string, unknown>>;

const count = (description: string, minimum = 1): Schema => ({ type: "integer", minimum, description });
const text = (description: string): Schema => ({ type: "string", description });
const object = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const strings = (description: string): Schema => ({ type: "array", items: { type: "string" }, description });
const named = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const name: Schema = { type: "string", pattern: namePattern };

const spec = object(
  {
    language: { enum: ["python", "javascript"] },
    env: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "The whole environment of the code. Default: HOME alone.",
    },
    args: strings("sys.argv or process.argv."),
    cwd: text("The working directory at the start, an absolute path of the session's own files."),
    timeout_ms: count("The longest time of a cell by the clock."),
    cpu_timeout_ms: count("The most processor time of a cell."),
    memory_bytes: count("The most memory of the interpreter."),
    max_output_bytes: count("The most output of a cell."),
    max_file_bytes: count("The most bytes of files."),
    max_files: count("The most files and directories."),
    max_calls: count("The most calls of functions in one cell.", 0),
    on_limit: {
      enum: ["stop", "raise"],
      description: "What follows when a cell wants more memory or output than it may. Default: stop.",
    },
    deterministic: object(
      {
        seed: { type: ["string", "number"], description: "What all random numbers come from." },
        start_time: {
          type: "number",
          description: "What the clock begins with, in milliseconds since 1970.",
        },
      },
      ["seed"],
    ),
    packages: text("The name of a set of packages that the operator has. Python only."),
    network: object(
      { allow: strings("Hosts that the code may reach, each one that the operator allows, to the letter.") },
      ["allow"],
    ),
    functions: {
      type: "object",
      description:
        "Functions that the code may call, by name: an object of description, parameters, returns (JSON Schema), " +
        "style, or a namespace of such. Each call suspends the cell until it is answered.",
    },
  },
  ["language"],
);

const cellRequest = object(
  {
    code: text("What is run."),
    stdin: text("What the code reads from standard input. Default: its end."),
    language: { enum: ["javascript", "typescript"], description: "For sessions of JavaScript." },
    timeout_ms: count("The longest time by the clock. Default: the session's."),
    cpu_timeout_ms: count("The most processor time. Default: the session's."),
    value: { type: "boolean", description: "Give the last expression's value as data too." },
    details: { type: "boolean", description: "Give what was measured, and each stream by itself." },
    at_most_once: {
      type: "boolean",
      description: "Never run it a second time: if its worker dies, it is lost.",
    },
  },
  ["code"],
);

const answer = {
  value: { description: 'What the call gives, as JSON; bytes are {"$bytes":"<base64>"}.' },
  error: object({ type: text("The name of the exception."), message: text("What it says.") }, ["message"]),
};

/** Of bodies of requests. */
export const requestSchemas = {
  SessionSpec: spec,
  CellRequest: cellRequest,
  CallAnswer: object(answer),
  ResumeRequest: object(
    {
      answers: {
        type: "array",
        maxItems: 1000,
        items: object({ call: text("The id of the call."), ...answer }, ["call"]),
      },
    },
    ["answers"],
  ),
  ForkRequest: object({ key: { ...name, description: "The key of the second session." } }, ["key"]),
} as const satisfies Record<string, Schema>;

export type RequestSchema = keyof typeof requestSchemas;

const time: Schema = { type: "string", format: "date-time" };
const fileType: Schema = {
  enum: ["file", "directory", "symlink", "character", "block", "fifo", "socket", "unknown"],
};
const anything: Schema = { type: "object", additionalProperties: true };

/** Of answers. They may have more members than these. */
export const answerSchemas = {
  Session: {
    type: "object",
    properties: {
      key: name,
      spec: named("SessionSpec"),
      suspended_cell: { type: "string", description: "The cell that waits for answers to its calls." },
      state_bytes: count("What its state takes in the store.", 0),
      runtime_id: text("The interpreter that its state is of. Absent: it has run nothing."),
      created_at: time,
      updated_at: time,
    },
    required: ["key", "spec", "state_bytes", "created_at", "updated_at"],
  },
  SessionList: {
    type: "object",
    properties: {
      sessions: { type: "array", items: named("Session") },
      next: text("What to give as `after` for those that follow. Absent: there are none."),
    },
    required: ["sessions"],
  },
  Cell: {
    type: "object",
    properties: {
      cell: text("Its id."),
      status: {
        enum: ["running", "suspended", "ended", "lost"],
        description: "lost: it has ended with its worker as often as it may, and has had no effect.",
      },
      attempts: count("How often it was begun.", 0),
      result: {
        ...anything,
        description:
          "Of one that ended or is suspended: the fields are those of JSON lines, see docs/results.md.",
      },
      created_at: time,
      ended_at: time,
    },
    required: ["cell", "status", "attempts"],
  },
  FileInfo: {
    type: "object",
    properties: {
      type: fileType,
      bytes: count("Its length.", 0),
      mode: count("Its permissions.", 0),
      modified_ms: { type: "number" },
      target: text("Where a link leads."),
    },
    required: ["type", "bytes"],
  },
  FileList: {
    type: "object",
    properties: {
      entries: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { type: "string" }, type: fileType, bytes: count("", 0) },
        },
      },
    },
    required: ["entries"],
  },
  Problem: {
    type: "object",
    description: "RFC 9457.",
    properties: {
      status: { type: "integer" },
      title: { type: "string" },
      detail: text("One line for a person."),
      code: text("For programs."),
      errno: text("With FILE_FAILED and NOT_FOUND of files: the name of the failure, as POSIX spells it."),
    },
    required: ["status", "title", "detail", "code"],
  },
} as const satisfies Record<string, Schema>;

export type AnswerSchema = keyof typeof answerSchemas;
