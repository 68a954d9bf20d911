import { checkJsonBounds } from "../../bounded-json.js";
import { readLines } from "../lines.js";
import type { StreamWriter } from "../stream-writer.js";
import type { Sdk } from "./load-sdk.js";
import { messageBounds } from "./message-bounds.js";
import type { JSONRPCMessage, Transport } from "./sdk.js";

/** The longest message that is read. */
const maxLineBytes = 64 * 1024 * 1024;
/** The most requests that wait for their answer. */
const mostRequests = 256;

const parseError = -32700;
const invalidRequest = -32600;
const busy = -32000;

export interface StdioTransport extends Transport {
  /** Resolves when no more is to be read. */
  readonly ended: Promise<void>;
}

/**
 * Messages on standard input and output, one a line. In place of the SDK's own, which closes at a message that is too
 * long, leaves out what is no message, and reads however much waits.
 */
export function createStdioTransport(sdk: Sdk, output: StreamWriter): StdioTransport {
  const unanswered = new Set<string | number>();
  let isClosed = false;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const never = new AbortController().signal;

  async function write(message: object): Promise<void> {
    await output.write(`${JSON.stringify(message)}\n`);
  }

  function refuse(id: unknown, code: number, message: string): Promise<void> {
    const known = typeof id === "string" || typeof id === "number" ? { id } : { id: null };
    return write({ jsonrpc: "2.0", ...known, error: { code, message } });
  }

  async function take(line: Uint8Array | undefined): Promise<void> {
    if (line === undefined)
      return refuse(null, invalidRequest, `a message has ${maxLineBytes} bytes at most`);
    const text = new TextDecoder().decode(line).trim();
    if (text === "") return;
    let id: unknown;
    let message: JSONRPCMessage;
    try {
      checkJsonBounds(line, { bytes: maxLineBytes, ...messageBounds });
      id = Object(JSON.parse(text)).id;
    } catch (error) {
      const isTooMuch = error instanceof RangeError;
      return refuse(null, parseError, isTooMuch ? error.message : "the message is no JSON");
    }
    try {
      message = sdk.deserializeMessage(text);
    } catch {
      return refuse(id, invalidRequest, "this is no message of the protocol");
    }
    if ("method" in message && "id" in message && message.id !== undefined) {
      if (unanswered.has(message.id)) return refuse(id, invalidRequest, "a request of that id waits already");
      if (unanswered.size >= mostRequests) {
        return refuse(id, busy, `${mostRequests} requests wait already; send this one again`);
      }
      unanswered.add(message.id);
    } else if ("method" in message && message.method === "notifications/cancelled") {
      // Nothing is answered then.
      const cancelled = (message.params as { requestId?: string | number } | undefined)?.requestId;
      if (cancelled !== undefined) unanswered.delete(cancelled);
    }
    transport.onmessage?.(message);
  }

  async function read(): Promise<void> {
    try {
      for await (const line of readLines(process.stdin, maxLineBytes)) {
        if (isClosed) return;
        await take(line);
        // Who does not read answers gets no further ones.
        await output.room(never);
      }
    } catch (error) {
      transport.onerror?.(error as Error);
    } finally {
      end();
    }
  }

  const transport: StdioTransport = {
    ended,
    async start() {
      void read();
    },
    async send(message) {
      if (!("method" in message) && message.id !== undefined) unanswered.delete(message.id);
      await write(message);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      end();
      transport.onclose?.();
    },
  };
  return transport;
}
