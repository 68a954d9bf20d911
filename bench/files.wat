;; Writes 256 MB in calls of 64 KiB to the file "large" in the first preopened directory, reads them again, looks the
;; file up 10,000 times, and as often a name that is not there. Writes the nanoseconds of each to standard output.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "largeabsent")
  ;; 16: descriptor, 24: count, 32: buffers for 64 KiB at 65536 and, at 40, for the four results at 128.
  (data (i32.const 32) "\00\00\01\00\00\00\01\00" "\80\00\00\00\20\00\00\00")
  (func $expect (param $errno i32) (param $wanted i32)
    (if (i32.ne (local.get $errno) (local.get $wanted)) (then (unreachable))))
  (func $now (result i64)
    (call $expect (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 64)) (i32.const 0))
    (i64.load (i32.const 64)))
  (func $lookups (param $name i32) (param $length i32) (param $wanted i32)
    (local $left i32)
    (local.set $left (i32.const 10000))
    (loop $next
      (call $expect
        (call $path_filestat_get (i32.const 3) (i32.const 1) (local.get $name) (local.get $length) (i32.const 256))
        (local.get $wanted))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func (export "_start")
    (local $start i64) (local $left i32) (local $file i32)
    (call $expect
      ;; oflags: creat, trunc; rights: fd_read, fd_seek, fd_write.
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 9)
        (i64.const 70) (i64.const 0) (i32.const 0) (i32.const 16))
      (i32.const 0))
    (local.set $file (i32.load (i32.const 16)))

    (local.set $start (call $now))
    (local.set $left (i32.const 4096))
    (loop $next
      (call $expect (call $fd_write (local.get $file) (i32.const 32) (i32.const 1) (i32.const 24)) (i32.const 0))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.store (i32.const 128) (i64.sub (call $now) (local.get $start)))

    (call $expect (call $fd_seek (local.get $file) (i64.const 0) (i32.const 0) (i32.const 64)) (i32.const 0))
    (local.set $start (call $now))
    (loop $next
      (call $expect (call $fd_read (local.get $file) (i32.const 32) (i32.const 1) (i32.const 24)) (i32.const 0))
      (br_if $next (i32.load (i32.const 24))))
    (i64.store (i32.const 136) (i64.sub (call $now) (local.get $start)))

    (local.set $start (call $now))
    (call $lookups (i32.const 0) (i32.const 5) (i32.const 0))
    (i64.store (i32.const 144) (i64.sub (call $now) (local.get $start)))

    (local.set $start (call $now))
    (call $lookups (i32.const 5) (i32.const 6) (i32.const 44))
    (i64.store (i32.const 152) (i64.sub (call $now) (local.get $start)))

    (call $expect (call $fd_write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 24)) (i32.const 0))))
