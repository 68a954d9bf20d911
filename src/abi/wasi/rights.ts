/**
 * Rights (`rights` in `wasi_snapshot_preview1.witx`): what may be done with a descriptor itself (`base`), and what
 * may at most be done with those opened through it (`inheriting`). They fit a number's 31 bits. The last two of the
 * specification, `sock_shutdown` and `sock_accept`, are left out: there are no sockets.
 */
export const rights = {
  fd_datasync: 1 << 0,
  fd_read: 1 << 1,
  fd_seek: 1 << 2,
  fd_fdstat_set_flags: 1 << 3,
  fd_sync: 1 << 4,
  fd_tell: 1 << 5,
  fd_write: 1 << 6,
  fd_advise: 1 << 7,
  fd_allocate: 1 << 8,
  path_create_directory: 1 << 9,
  path_create_file: 1 << 10,
  path_link_source: 1 << 11,
  path_link_target: 1 << 12,
  path_open: 1 << 13,
  fd_readdir: 1 << 14,
  path_readlink: 1 << 15,
  path_rename_source: 1 << 16,
  path_rename_target: 1 << 17,
  path_filestat_get: 1 << 18,
  path_filestat_set_size: 1 << 19,
  path_filestat_set_times: 1 << 20,
  fd_filestat_get: 1 << 21,
  fd_filestat_set_size: 1 << 22,
  fd_filestat_set_times: 1 << 23,
  path_symlink: 1 << 24,
  path_remove_directory: 1 << 25,
  path_unlink_file: 1 << 26,
  poll_fd_readwrite: 1 << 27,
} as const;

export type Right = keyof typeof rights;

export const allRights = (1 << 28) - 1;

const pathRights =
  rights.path_create_directory |
  rights.path_create_file |
  rights.path_link_source |
  rights.path_link_target |
  rights.path_open |
  rights.fd_readdir |
  rights.path_readlink |
  rights.path_rename_source |
  rights.path_rename_target |
  rights.path_filestat_get |
  rights.path_filestat_set_size |
  rights.path_filestat_set_times |
  rights.path_symlink |
  rights.path_remove_directory |
  rights.path_unlink_file;

/** What applies to a directory: paths, its own metadata, but neither reading, writing nor seeking. */
export const directoryRights =
  pathRights |
  rights.fd_fdstat_set_flags |
  rights.fd_datasync |
  rights.fd_sync |
  rights.fd_advise |
  rights.fd_filestat_get |
  rights.fd_filestat_set_times |
  rights.poll_fd_readwrite;

/** What applies to a file. */
export const fileRights = allRights & ~pathRights;

/** What applies to a terminal. A guest's `isatty` tells a terminal by its lack of `fd_seek` and `fd_tell`. */
export const terminalRights =
  rights.fd_read |
  rights.fd_write |
  rights.fd_fdstat_set_flags |
  rights.fd_filestat_get |
  rights.poll_fd_readwrite;

/** Other bits grant nothing here, so they are dropped: programs that ask for all of them mean what there is. */
export function decodeRights(wire: bigint): number {
  return Number(wire & BigInt(allRights));
}
