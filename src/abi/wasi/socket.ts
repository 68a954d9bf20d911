import { ErrnoError } from "../../errno.js";
import type { WasiContext } from "./host.js";

/**
 * Sockets (`wasi_snapshot_preview1.witx`: `sock_*`). Preview 1 cannot make one and we preopen none, so each call
 * gives `EBADF` for a descriptor that is not open and `ENOTSOCK` for one that is.
 */
export function socketFunctions({ descriptors }: WasiContext) {
  function refuse(fd: number): never {
    descriptors.get(fd);
    throw new ErrnoError("ENOTSOCK");
  }
  return {
    /** `sock_accept(fd, flags, new_fd)`. */
    sock_accept(fd: number, _flags: number, _newFd: number): void {
      refuse(fd);
    },
    /** `sock_recv(fd, ri_data, ri_data_len, ri_flags, ro_datalen, ro_flags)`. */
    sock_recv(fd: number, _list: number, _count: number, _flags: number, _size: number, _out: number): void {
      refuse(fd);
    },
    /** `sock_send(fd, si_data, si_data_len, si_flags, so_datalen)`. */
    sock_send(fd: number, _list: number, _count: number, _flags: number, _size: number): void {
      refuse(fd);
    },
    /** `sock_shutdown(fd, how)`. */
    sock_shutdown(fd: number, _how: number): void {
      refuse(fd);
    },
  };
}
