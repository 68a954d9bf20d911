// As guest.py, as a WASI command in WebAssembly's own words. It writes "on\n" when it begins, and at its end five
// numbers of 32 bits: operations, what was met, what was missed, contents and names seen, inodes seen.
import wabt from "wabt";

/** @param setup `secret` and the one of `names` have 8 bytes; `weights` are those of looks, changes and removals. */
export async function assembleGuest({
  likely,
  paths,
  moved,
  targets,
  secret,
  names,
  inodes,
  operations,
  seed,
  weights,
}) {
  const [looks, changes, removals] = weights;
  const lists = 1024;
  const texts = 8192;
  const placed = place(
    { likely, paths, moved, targets, directories: ["d", "d/sub", "e", ".", "own"] },
    lists,
    texts,
  );
  const marker = (text) => `0x${Buffer.from(text).readBigUInt64LE().toString(16)}`;
  const call = (name, parameters) =>
    `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${parameters}) (result i32)))`;
  const { parseWat } = await wabt();
  const source = `(module
    ${call("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32")}
    ${call("path_filestat_get", "i32 i32 i32 i32 i32")}
    ${call("path_filestat_set_times", "i32 i32 i32 i32 i64 i64 i32")}
    ${call("path_rename", "i32 i32 i32 i32 i32 i32")}
    ${call("path_link", "i32 i32 i32 i32 i32 i32 i32")}
    ${call("path_symlink", "i32 i32 i32 i32 i32")}
    ${call("path_readlink", "i32 i32 i32 i32 i32 i32")}
    ${call("path_unlink_file", "i32 i32 i32")}
    ${call("path_remove_directory", "i32 i32 i32")}
    ${call("path_create_directory", "i32 i32 i32")}
    ${call("fd_close", "i32")}
    ${call("fd_read", "i32 i32 i32 i32")}
    ${call("fd_write", "i32 i32 i32 i32")}
    ${call("fd_readdir", "i32 i32 i32 i64 i32")}
    ${call("fd_fdstat_get", "i32 i32")}
    ${call("fd_filestat_get", "i32 i32")}
    ${call("fd_filestat_set_size", "i32 i64")}
    ${call("fd_filestat_set_times", "i32 i64 i64 i32")}
    (memory (export "memory") 2)
    ${placed.data}
    (data (i32.const 512) "on\\n")
    (data (i32.const 520) "guest")
    ${inodes.map((inode, index) => `(data (i32.const ${640 + 8 * index}) "${bytes(BigInt(inode))}")`).join("\n")}
    (global $state (mut i32) (i32.const ${seed}))
    (global $base (mut i32) (i32.const 3))
    (global $rights (mut i64) (i64.const 0))
    (global $operations (mut i32) (i32.const 0))
    (global $met (mut i32) (i32.const 0))
    (global $missed (mut i32) (i32.const 0))
    (global $texts (mut i32) (i32.const 0))
    (global $inodes (mut i32) (i32.const 0))
    (global $path (mut i32) (i32.const 0))

    (func $random (param $below i32) (result i32)
      (global.set $state (i32.add (i32.mul (global.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.rem_u (i32.shr_u (global.get $state) (i32.const 8)) (local.get $below)))
    ;; A place in the lists, where a pointer and a length stand.
    (func $pick (param $list i32) (param $count i32) (result i32)
      (i32.add (local.get $list) (i32.mul (call $random (local.get $count)) (i32.const 8))))
    (func $text (param $entry i32) (result i32 i32) (i32.load (local.get $entry)) (i32.load offset=4 (local.get $entry)))

    (func $note (param $errno i32) (result i32)
      (global.set $operations (i32.add (global.get $operations) (i32.const 1)))
      (if (local.get $errno)
        (then (global.set $missed (i32.add (global.get $missed) (i32.const 1))))
        (else (global.set $met (i32.add (global.get $met) (i32.const 1)))))
      (local.get $errno))
    (func $try (param $errno i32) (drop (call $note (local.get $errno))))

    ;; What a call has brought into the buffer must hold neither mark.
    (func $look (param $length i32) (local $at i32)
      (loop $next
        (if (i32.lt_s (i32.add (local.get $at) (i32.const 7)) (local.get $length)) (then
          (if (i64.eq (i64.load offset=65536 (local.get $at)) (i64.const ${marker(secret)}))
            (then (global.set $texts (i32.add (global.get $texts) (i32.const 1)))))
          (if (i64.eq (i64.load offset=65536 (local.get $at)) (i64.const ${marker(names[0])}))
            (then (global.set $texts (i32.add (global.get $texts) (i32.const 1)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))))
    (func $lookAtStatus (local $at i32)
      (loop $next
        (if (i64.eq (i64.load (i32.const 8)) (i64.load offset=640 (local.get $at)))
          (then (global.set $inodes (i32.add (global.get $inodes) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const ${8 * inodes.length})))))

    ;; Opens the path beneath the base; the descriptor is at 400.
    (func $open (param $base i32) (param $oflags i32) (param $rights i64) (param $fdflags i32) (result i32)
      (call $note (call $path_open (local.get $base) (call $random (i32.const 2)) (call $text (global.get $path))
        (local.get $oflags) (i64.and (local.get $rights) (global.get $rights)) (global.get $rights)
        (local.get $fdflags) (i32.const 400))))

    ;; An iovec at 404 for the buffer at 65536, or for what is written.
    (func $read (param $fd i32)
      (i32.store (i32.const 404) (i32.const 65536)) (i32.store (i32.const 408) (i32.const 64))
      (i32.store (i32.const 412) (i32.const 0))
      (call $try (call $fd_read (local.get $fd) (i32.const 404) (i32.const 1) (i32.const 412)))
      (call $look (i32.load (i32.const 412))))
    (func $list (param $fd i32)
      (i32.store (i32.const 412) (i32.const 0))
      (call $try (call $fd_readdir (local.get $fd) (i32.const 65536) (i32.const 4096) (i64.const 0) (i32.const 412)))
      (call $look (i32.load (i32.const 412))))
    (func $status (param $fd i32)
      (if (i32.eqz (call $note (call $fd_filestat_get (local.get $fd) (i32.const 0)))) (then (call $lookAtStatus))))

    (func $openAndLook
      (if (i32.eqz (call $open (global.get $base) (i32.const 0) (i64.const 0x6020c2) (i32.const 0))) (then
        (call $status (i32.load (i32.const 400)))
        (call $read (i32.load (i32.const 400)))
        (call $list (i32.load (i32.const 400)))
        (drop (call $fd_close (i32.load (i32.const 400)))))))
    (func $openAndWrite (param $oflags i32)
      (if (i32.eqz (call $open (global.get $base) (local.get $oflags) (i64.const -1) (call $random (i32.const 2)))) (then
        (i32.store (i32.const 404) (i32.const 520)) (i32.store (i32.const 408) (i32.const 5))
        (call $status (i32.load (i32.const 400)))
        (call $try (call $fd_write (i32.load (i32.const 400)) (i32.const 404) (i32.const 1) (i32.const 412)))
        (call $try (call $fd_filestat_set_size (i32.load (i32.const 400)) (i64.const 3)))
        (call $try (call $fd_filestat_set_times (i32.load (i32.const 400)) (i64.const 1) (i64.const 1) (i32.const 5)))
        (drop (call $fd_close (i32.load (i32.const 400)))))))
    ;; Another directory becomes the one that paths begin at: held by its descriptor, whatever becomes of its name.
    (func $move
      (if (i32.ne (global.get $base) (i32.const 3)) (then (drop (call $fd_close (global.get $base)))))
      (global.set $base (i32.const 3))
      (global.set $path (call $pick ${placed.directories}))
      (if (i32.eqz (call $open (i32.const 3) (i32.const 2) (i64.const -1) (i32.const 0)))
        (then (global.set $base (i32.load (i32.const 400))) (call $list (global.get $base)))))
    (func $restore
      (if (i32.ne (global.get $base) (i32.const 3)) (then (drop (call $fd_close (global.get $base)))))
      (global.set $base (i32.const 3))
      ${["d", "d/sub", "e"].map((path) => `(call $try (call $path_create_directory (i32.const 3) (call $text ${placed.of(path)})))`).join("\n")}
      ${["d/f", "d/sub/f", "e/f"].map((path) => `(global.set $path ${placed.of(path)}) (call $openAndWrite (i32.const 1))`).join("\n")})

    (func $looks (param $lot i32)
      (if (i32.lt_u (local.get $lot) (i32.const 6)) (then (call $openAndLook) (return)))
      (if (i32.eq (local.get $lot) (i32.const 6)) (then (call $move) (return)))
      (if (i32.eq (local.get $lot) (i32.const 7)) (then
        (call $try (call $path_readlink (global.get $base) (call $text (global.get $path)) (i32.const 65536) (i32.const 4096) (i32.const 412))) (return)))
      (if (i32.eqz (call $note (call $path_filestat_get (global.get $base) (call $random (i32.const 2)) (call $text (global.get $path)) (i32.const 0))))
        (then (call $lookAtStatus))))
    (func $changes (param $lot i32)
      (if (i32.lt_u (local.get $lot) (i32.const 3)) (then (call $openAndWrite (call $random (i32.const 16))) (return)))
      (if (i32.eq (local.get $lot) (i32.const 3)) (then
        (call $try (call $path_filestat_set_times (global.get $base) (call $random (i32.const 2)) (call $text (global.get $path)) (i64.const 1) (i64.const 1) (i32.const 5))) (return)))
      (if (i32.eq (local.get $lot) (i32.const 4)) (then
        (call $try (call $path_rename (global.get $base) (call $text (global.get $path)) (i32.const 3) (call $text (call $pick ${placed.moved})))) (return)))
      (if (i32.eq (local.get $lot) (i32.const 5)) (then
        (call $try (call $path_rename (i32.const 3) (call $text (call $pick ${placed.moved})) (global.get $base) (call $text (global.get $path)))) (return)))
      (if (i32.eq (local.get $lot) (i32.const 6)) (then
        (call $try (call $path_link (global.get $base) (call $random (i32.const 2)) (call $text (global.get $path)) (i32.const 3) (call $text (call $pick ${placed.moved})))) (return)))
      (if (i32.eq (local.get $lot) (i32.const 7)) (then
        (call $try (call $path_symlink (call $text (call $pick ${placed.targets})) (global.get $base) (call $text (global.get $path)))) (return)))
      (call $try (call $path_create_directory (global.get $base) (call $text (global.get $path)))))
    (func $removals (param $lot i32)
      (if (i32.and (local.get $lot) (i32.const 1))
        (then (call $try (call $path_unlink_file (global.get $base) (call $text (global.get $path)))))
        (else (call $try (call $path_remove_directory (global.get $base) (call $text (global.get $path)))))))

    (func $act (local $kind i32)
      (global.set $path (call $pick ${placed.likely}))
      (if (i32.eqz (call $random (i32.const 4))) (then (global.set $path (call $pick ${placed.paths}))))
      (if (i32.eqz (call $random (i32.const 4))) (then (global.set $path (call $pick ${placed.moved}))))
      (local.set $kind (call $random (i32.const ${looks + changes + removals})))
      (if (i32.lt_u (local.get $kind) (i32.const ${looks})) (then (call $looks (call $random (i32.const 9))) (return)))
      (if (i32.lt_u (local.get $kind) (i32.const ${looks + changes})) (then (call $changes (call $random (i32.const 9))) (return)))
      (call $removals (call $random (i32.const 2))))

    (func (export "_start") (local $turn i32)
      (drop (call $fd_fdstat_get (i32.const 3) (i32.const 0)))
      (global.set $rights (i64.load (i32.const 16)))
      (i32.store (i32.const 404) (i32.const 512)) (i32.store (i32.const 408) (i32.const 3))
      (drop (call $fd_write (i32.const 1) (i32.const 404) (i32.const 1) (i32.const 412)))
      (loop $next
        (if (i32.eqz (i32.rem_u (local.get $turn) (i32.const 40))) (then (call $restore)))
        (local.set $turn (i32.add (local.get $turn) (i32.const 1)))
        (call $act)
        (br_if $next (i32.lt_u (global.get $operations) (i32.const ${operations})))
        (br_if $next (i32.and
          (i32.or (i32.eqz (global.get $met)) (i32.eqz (global.get $missed)))
          (i32.lt_u (global.get $operations) (i32.const ${100 * operations})))))
      ${["operations", "met", "missed", "texts", "inodes"].map((name, index) => `(i32.store (i32.const ${420 + 4 * index}) (global.get $${name}))`).join("\n")}
      (i32.store (i32.const 404) (i32.const 420)) (i32.store (i32.const 408) (i32.const 20))
      (drop (call $fd_write (i32.const 1) (i32.const 404) (i32.const 1) (i32.const 412)))))`;
  return parseWat("guest.wat", source, {}).toBinary({}).buffer;
}

const bytes = (number) =>
  Array.from(
    { length: 8 },
    (_, index) => `\\${((number >> BigInt(8 * index)) & 255n).toString(16).padStart(2, "0")}`,
  ).join("");

/** Puts lists of texts into the guest's memory. Gives the data, and for each list the words that `$pick` takes. */
function place(named, listsAt, textsAt) {
  const data = [];
  const entries = new Map();
  const words = {};
  let [list, text] = [listsAt, textsAt];
  for (const [name, values] of Object.entries(named)) {
    words[name] = `(i32.const ${list}) (i32.const ${values.length})`;
    for (const value of values) {
      const length = Buffer.byteLength(value);
      data.push(`(data (i32.const ${text}) "${value}")`);
      data.push(`(data (i32.const ${list}) "${bytes(BigInt(text) | (BigInt(length) << 32n))}")`);
      entries.set(value, `(i32.const ${list})`);
      list += 8;
      text += length;
    }
  }
  return { ...words, data: data.join("\n"), of: (value) => entries.get(value) };
}
