/**
 * How the parameters of imports are shown: a letter for each, by name. What has none here is shown as numbers.
 *
 * - `n` a number, `x` in hexadecimal, `o` in octal, `d` a directory's descriptor, `p` a pointer
 * - `z` a text up to its zero byte; `s` a text as two parameters, pointer and length
 * - `v` buffers to the host, `V` buffers from the host, as two parameters, list and count
 * - `R` a buffer from the host, as two parameters, pointer and size
 * - `u`, `U` a place for a result of 32 or 64 bits, which is shown in brackets
 */
export type Signatures = Readonly<Record<string, string>>;

/** All functions of WASI preview 1. */
export const wasiSignatures: Signatures = {
  args_get: "pp",
  args_sizes_get: "uu",
  clock_res_get: "nU",
  clock_time_get: "nnU",
  environ_get: "pp",
  environ_sizes_get: "uu",
  fd_advise: "nnnn",
  fd_allocate: "nnn",
  fd_close: "n",
  fd_datasync: "n",
  fd_fdstat_get: "np",
  fd_fdstat_set_flags: "nx",
  fd_fdstat_set_rights: "nxx",
  fd_filestat_get: "np",
  fd_filestat_set_size: "nn",
  fd_filestat_set_times: "nnnx",
  fd_pread: "nVnu",
  fd_prestat_get: "np",
  fd_prestat_dir_name: "npn",
  fd_pwrite: "nvnu",
  fd_read: "nVu",
  fd_readdir: "npnnu",
  fd_renumber: "nn",
  fd_seek: "nnnU",
  fd_sync: "n",
  fd_tell: "nU",
  fd_write: "nvu",
  path_create_directory: "ns",
  path_filestat_get: "nxsp",
  path_filestat_set_times: "nxsnnx",
  path_link: "nxsns",
  path_open: "nxsxxxxu",
  path_readlink: "nsRu",
  path_remove_directory: "ns",
  path_rename: "nsns",
  path_symlink: "sns",
  path_unlink_file: "ns",
  poll_oneoff: "ppnu",
  proc_exit: "n",
  proc_raise: "n",
  random_get: "pn",
  sched_yield: "",
  sock_accept: "nxu",
  sock_recv: "npnxuu",
  sock_send: "nvxu",
  sock_shutdown: "nx",
};

export const emscriptenSignatures: Signatures = {
  _dlopen_js: "p",
  _dlsym_js: "pzp",
  ...wasiSignatures,
  __syscall_chdir: "z",
  __syscall_chmod: "zo",
  __syscall_faccessat: "dzxx",
  __syscall_fchmod: "no",
  __syscall_fchmodat2: "dzox",
  __syscall_fchownat: "dznnx",
  __syscall_fcntl64: "nnp",
  __syscall_fstat64: "np",
  __syscall_fstatfs64: "nnp",
  __syscall_getcwd: "R",
  __syscall_getdents64: "npn",
  __syscall_ioctl: "nxp",
  __syscall_linkat: "dzdzx",
  __syscall_lstat64: "zp",
  __syscall_mkdirat: "dzo",
  __syscall_mknodat: "dzon",
  __syscall_newfstatat: "dzpx",
  __syscall_openat: "dzxp",
  __syscall_pipe: "p",
  __syscall_poll: "pnn",
  __syscall_readlinkat: "dzR",
  __syscall_renameat: "dzdz",
  __syscall_rmdir: "z",
  __syscall_stat64: "zp",
  __syscall_statfs64: "znp",
  __syscall_symlinkat: "zdz",
  __syscall_truncate64: "zn",
  __syscall_unlinkat: "dzx",
  __syscall_utimensat: "dzpx",
  __assert_fail: "zznz",
};

/** Not calls of the host's services, but of the guest's own functions by way of the host, thousands at a time. */
export const emscriptenInternals: ReadonlySet<string> = new Set([
  "_PyEM_TrampolineCall_JS",
  "_Py_CheckEmscriptenSignals_Helper",
  "_Py_emscripten_runtime",
  "__call_sighandler",
]);
