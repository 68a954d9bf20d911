import type { FromThread, OutputStream } from "./messages.js";
import type { GuestSignals } from "./signals.js";

/** A longer write is sent in pieces, so that no reader has to hold all of it at once. */
const maxPieceBytes = 1024 * 1024;

/** What a piece takes at least, however short it is: a reader that is behind is not to hold a million of them. */
const leastPieceBytes = 256;

/** Sends a run's output to the guest's owner as it is written, no faster than it is read. */
export interface OutputSender {
  begin(): void;
  /** Waits while the reader is behind. Bytes that are no UTF-8 become U+FFFD. */
  send(stream: OutputStream, bytes: Uint8Array): void;
  /** Sends what is left, and waits until all is read. The wait ends when the run is told to stop. */
  end(): void;
}

export function createOutputSender(signals: GuestSignals, post: (message: FromThread) => void): OutputSender {
  let decoders = newDecoders();

  function sendPiece(stream: OutputStream, text: string, length: number): void {
    // Half a character is sent with its other half.
    if (text === "" || !signals.mayWrite()) return;
    const byteCount = Math.max(length, leastPieceBytes);
    signals.wrote(byteCount);
    post({ type: "output", stream, text, byteCount });
  }

  return {
    begin() {
      signals.begin();
      decoders = newDecoders();
    },
    send(stream, bytes) {
      for (let start = 0; start < bytes.length; start += maxPieceBytes) {
        const piece = bytes.subarray(start, start + maxPieceBytes);
        sendPiece(stream, decoders[stream].decode(piece, { stream: true }), piece.length);
      }
    },
    end() {
      for (const stream of ["stdout", "stderr"] as const) sendPiece(stream, decoders[stream].decode(), 1);
      signals.waitForReader();
    },
  };
}

function newDecoders() {
  const decoder = () => new TextDecoder("utf-8", { ignoreBOM: true });
  return { stdout: decoder(), stderr: decoder() };
}
