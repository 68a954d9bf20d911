import { NetworkFailure } from "../../engine/network-port.js";

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|CRL|HOSTNAME/;

/** What the guest is told of a failure of Node.js's. */
export function failureOf(error: Error): NetworkFailure {
  if (error instanceof NetworkFailure) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (certificateCodes.test(code))
    return new NetworkFailure("ECERT", `certificate verify failed: ${error.message}`);
  if (code.startsWith("ERR_SSL") || code === "EPROTO")
    return new NetworkFailure("ETLS", error.message.trim().slice(0, 500));
  return new NetworkFailure(/^E[A-Z]+$/.test(code) ? code : "EIO", error.message);
}
