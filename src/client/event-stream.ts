import { invalidAnswer } from "./service-error.js";

/** An event as it was sent. */
export interface ServerEvent {
  /** Absent: it has none, and is not remembered. */
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

const lineEnds = /\r\n|\n|\r/g;

/**
 * Reads Server-Sent Events. One that is not whole at the end is not given.
 *
 * @param mostLength Of an event, in UTF-16 code units; `INVALID_ANSWER` for a longer one.
 */
export async function* readEvents(
  pieces: AsyncIterable<Uint8Array>,
  mostLength: number,
): AsyncGenerator<ServerEvent> {
  const fields = createFields();
  let length = 0;
  for await (const line of readLines(pieces, mostLength)) {
    length += line.length;
    if (length > mostLength) throw tooLong();
    if (line !== "") {
      fields.add(line);
      continue;
    }
    length = 0;
    const event = fields.take();
    if (event !== undefined) yield event;
  }
}

/** Those that have their end. */
async function* readLines(pieces: AsyncIterable<Uint8Array>, mostLength: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Of a line that is not whole: joined once, when it is.
  let parts: string[] = [];
  let length = 0;
  let endedWithReturn = false;
  for await (const piece of pieces) {
    let text = decoder.decode(piece, { stream: true });
    if (text === "") continue;
    // The second half of an end of line whose first was taken for all of it.
    if (endedWithReturn && text.startsWith("\n")) text = text.slice(1);
    endedWithReturn = text.endsWith("\r");
    let start = 0;
    for (const { 0: end, index } of text.matchAll(lineEnds)) {
      yield parts.join("") + text.slice(start, index);
      parts = [];
      length = 0;
      start = index + end.length;
    }
    if (start === text.length) continue;
    parts.push(text.slice(start));
    length += text.length - start;
    if (length > mostLength) throw tooLong();
  }
}

function createFields() {
  let id: string | undefined;
  let event = "";
  let data: string[] = [];
  return {
    add(line: string): void {
      const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === "data") data.push(value);
      else if (name === "event") event = value;
      else if (name === "id" && !value.includes("\0")) id = value;
    },
    take(): ServerEvent | undefined {
      const taken = { ...(id === undefined ? {} : { id }), event: event || "message", data: data.join("\n") };
      const isOne = data.length > 0;
      id = undefined;
      event = "";
      data = [];
      return isOne ? taken : undefined;
    },
  };
}

function tooLong() {
  return invalidAnswer("an event is longer than any of the service's");
}
