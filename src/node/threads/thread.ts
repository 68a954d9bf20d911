/** The entry of a session's thread. */
import { parentPort, receiveMessageOnPort, resourceLimits, threadId, workerData } from "node:worker_threads";
import { serveGuests } from "../../engine/guest-thread.js";
import { collectGarbage } from "./collect-garbage.js";
import { nodeGuestPlatform } from "./guest-platform.js";
import type { ThreadData } from "./thread-data.js";
import { tellThreadNumber } from "./thread-time.js";

if (parentPort === null) throw new Error("this file is the entry of a thread");
const port = parentPort;
const { control, input, number } = workerData as ThreadData;
tellThreadNumber(number);
const stackBytes = (resourceLimits.stackSizeMb ?? 1) * 1024 * 1024;

serveGuests(
  {
    control,
    post(message, moved) {
      port.postMessage(
        message,
        moved.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
    listen: (onMessage) => void port.on("message", onMessage),
    takeMail: () => receiveMessageOnPort(input)?.message,
  },
  nodeGuestPlatform(stackBytes, threadId),
  () => void collectGarbage(),
);
