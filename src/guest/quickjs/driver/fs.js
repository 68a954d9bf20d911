// The module node:fs over the session's files: whole files and what is done with names. See file-calls.ts.

/** Linux's number and text of each error, as Node.js reports them. */
const systemErrors = {
  __proto__: null,
  EPERM: [1, "operation not permitted"],
  ENOENT: [2, "no such file or directory"],
  EIO: [5, "i/o error"],
  EBADF: [9, "bad file descriptor"],
  EAGAIN: [11, "resource temporarily unavailable"],
  EACCES: [13, "permission denied"],
  EBUSY: [16, "resource busy or locked"],
  EEXIST: [17, "file already exists"],
  EXDEV: [18, "cross-device link not permitted"],
  ENOTDIR: [20, "not a directory"],
  EISDIR: [21, "illegal operation on a directory"],
  EINVAL: [22, "invalid argument"],
  EMFILE: [24, "too many open files"],
  EFBIG: [27, "file too large"],
  ENOSPC: [28, "no space left on device"],
  EROFS: [30, "read-only file system"],
  EMLINK: [31, "too many links"],
  ENAMETOOLONG: [36, "name too long"],
  ENOSYS: [38, "function not implemented"],
  ENOTEMPTY: [39, "directory not empty"],
  ELOOP: [40, "too many symbolic links encountered"],
  ENOTSUP: [95, "operation not supported on socket"],
};

function systemError(code, syscall, path, dest) {
  const known = systemErrors[code];
  let message = code + ": " + (known === undefined ? "unknown error" : known[1]) + ", " + syscall;
  if (path !== undefined) message += " '" + path + "'";
  if (dest !== undefined) message += " -> '" + dest + "'";
  const error = new ErrorClass(message);
  setOwn(error, "errno", known === undefined ? -1 : -known[0]);
  setOwn(error, "code", code);
  setOwn(error, "syscall", syscall);
  if (path !== undefined) setOwn(error, "path", path);
  if (dest !== undefined) setOwn(error, "dest", dest);
  return error;
}

/** A path as the caller gave it, for messages. */
function givenPath(value, name) {
  let path = value;
  if (typeof value !== "string" && isObject(value) && typedArrayTag(value) === "Uint8Array") {
    path = decodeUtf8(value, false, false).text;
  }
  if (typeof path !== "string") {
    throw codedError(
      TypeErrorClass,
      "ERR_INVALID_ARG_TYPE",
      'The "' + (name ?? "path") + '" argument must be of type string or an instance of Uint8Array',
    );
  }
  if (includes(path, "\0")) {
    throw codedError(TypeErrorClass, "ERR_INVALID_ARG_VALUE", "The path must be a string without null bytes");
  }
  return toWellFormed(path);
}

/** Absolute; `..` is left to the walk, which knows about links. */
function absolutePath(path) {
  if (path === "" || startsWith(path, "/")) return path;
  return cwd === "/" ? "/" + path : cwd + "/" + path;
}

function outcome(text, syscall, path, dest) {
  const answer = parseJson(text);
  if (hasOwn(answer, "errno")) throw systemError(answer.errno, syscall, path, dest);
  return ownValue(answer, "value");
}

function fileCall(call, path, fields, syscall, dest) {
  const request = { __proto__: null, ...fields, call, path: absolutePath(path) };
  return outcome(host(operations.fileCall, ownJson(request)), syscall ?? call, path, dest);
}

function optionsOf(options, name) {
  if (isObject(options)) return options;
  const given = { __proto__: null };
  if (options !== undefined && options !== null) given[name] = options;
  return given;
}

function encodingOf(encoding) {
  if (encoding === undefined || encoding === null || encoding === "buffer") return undefined;
  const known = knownEncoding(encoding);
  if (known !== undefined) return known;
  throw codedError(
    TypeErrorClass,
    "ERR_INVALID_ARG_VALUE",
    "The argument 'encoding' is invalid encoding. Received " + inspect(encoding),
  );
}

function modeOf(mode) {
  if (mode === undefined || mode === null) return undefined;
  return typeof mode === "string" ? parseInteger(mode, 8) : toNumber(mode);
}

const typeBits = {
  __proto__: null,
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
  socket: 0o140000,
};

/** What tells a file's type: for `Stats` and `Dirent`. */
class Typed {
  #type;
  constructor(type) {
    this.#type = type;
  }
  isFile() {
    return this.#type === "file";
  }
  isDirectory() {
    return this.#type === "directory";
  }
  isSymbolicLink() {
    return this.#type === "symlink";
  }
  isCharacterDevice() {
    return this.#type === "character";
  }
  isBlockDevice() {
    return this.#type === "block";
  }
  isFIFO() {
    return this.#type === "fifo";
  }
  isSocket() {
    return this.#type === "socket";
  }
}

class Stats extends Typed {
  dev;
  mode;
  nlink;
  uid;
  gid;
  rdev;
  blksize;
  ino;
  size;
  blocks;
  atimeMs;
  mtimeMs;
  ctimeMs;
  birthtimeMs;
  atime;
  mtime;
  ctime;
  birthtime;
  constructor(stat) {
    super(stat.type);
    this.dev = stat.device;
    this.mode = (typeBits[stat.type] ?? 0) | stat.mode;
    this.nlink = stat.linkCount;
    this.uid = 0;
    this.gid = 0;
    this.rdev = 0;
    this.blksize = 4096;
    this.ino = stat.inode;
    this.size = stat.size;
    this.blocks = floor((stat.size + 511) / 512);
    this.atimeMs = stat.accessMs;
    this.mtimeMs = stat.modifyMs;
    this.ctimeMs = stat.changeMs;
    this.birthtimeMs = stat.changeMs;
    this.atime = new DateClass(stat.accessMs);
    this.mtime = new DateClass(stat.modifyMs);
    this.ctime = new DateClass(stat.changeMs);
    this.birthtime = new DateClass(stat.changeMs);
  }
}

class Dirent extends Typed {
  name;
  parentPath;
  path;
  constructor(name, type, parentPath) {
    super(type);
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
  }
}

function statWith(call, follow, path, options) {
  const given = givenPath(path);
  try {
    return new Stats(fileCall("stat", given, { follow }, call));
  } catch (error) {
    if (optionsOf(options, "none").throwIfNoEntry === false && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function writeWith(flag, path, data, options) {
  const settings = optionsOf(options, "encoding");
  const encoding = encodingOf(settings.encoding) ?? "utf8";
  const stream =
    path === 1 || path === "/dev/stdout" ? output : path === 2 || path === "/dev/stderr" ? errorOutput : 0;
  if (stream !== 0)
    return write(stream, typeof data === "string" ? data : decodeUtf8(bytesOf(data), false, false).text);
  const given = givenPath(path);
  const request = {
    __proto__: null,
    path: absolutePath(given),
    flag: settings.flag ?? flag,
    mode: modeOf(settings.mode),
  };
  if (typeof data === "string" && encoding === "utf8") {
    outcome(host(operations.writeText, ownJson(request), toWellFormed(data)), "open", given);
    return;
  }
  const bytes = typeof data === "string" ? bytesOfText(data, encoding) : bytesOf(data);
  request.offset = typedArrayByteOffset(bytes);
  request.length = typedArrayByteLength(bytes);
  outcome(host(operations.writeBytes, ownJson(request), typedArrayBuffer(bytes)), "open", given);
}

function listInto(entries, given, prefix, settings) {
  const listed = fileCall("readdir", given, {}, "scandir");
  for (let i = 0; i < listed.length; i++) {
    const name = listed[i][0];
    append(entries, settings.withFileTypes ? new Dirent(name, listed[i][1], given) : prefix + name);
    if (settings.recursive && listed[i][1] === "directory") {
      listInto(entries, trimmedPath(given) + "/" + name, prefix + name + "/", settings);
    }
  }
  return entries;
}

function twoPaths(call, from, to, fields, syscall) {
  const source = givenPath(from, "oldPath");
  const target = givenPath(to, "newPath");
  fileCall(call, source, { __proto__: null, ...fields, to: absolutePath(target) }, syscall, target);
}

/** The path without links, as the walk would go it. */
function realPath(path, links) {
  const parts = pathParts(path, true);
  let real = "";
  for (let i = 0; i < parts.length; i++) {
    const next = real + "/" + parts[i];
    const stat = fileCall("stat", next, { follow: false }, "lstat");
    if (stat.type !== "symlink") {
      real = next;
      continue;
    }
    if (links >= 40) throw systemError("ELOOP", "realpath", path);
    const target = fileCall("readlink", next, {});
    let rest = startsWith(target, "/") ? target : real + "/" + target;
    for (let j = i + 1; j < parts.length; j++) rest += "/" + parts[j];
    return realPath(rest, links + 1);
  }
  return real === "" ? "/" : real;
}

function timeMs(time) {
  return typeof time === "number" ? time * 1000 : isObject(time) ? dateValue(time) : toNumber(time) * 1000;
}

const constants = freeze({ F_OK: 0, X_OK: 1, W_OK: 2, R_OK: 4, COPYFILE_EXCL: 1 });

/** Each function of `node:fs/promises`; with `Sync` behind its name it is one of `node:fs`. */
const fileFunctions = {
  access(path) {
    fileCall("stat", givenPath(path), {}, "access");
  },
  appendFile(path, data, options) {
    writeWith("a", path, data, options);
  },
  chmod(path, mode) {
    fileCall("chmod", givenPath(path), { mode: modeOf(mode) });
  },
  copyFile(from, to, mode) {
    twoPaths("copyfile", from, to, { exclusive: mode === constants.COPYFILE_EXCL });
  },
  link(from, to) {
    twoPaths("link", from, to, undefined);
  },
  lstat(path, options) {
    return statWith("lstat", false, path, options);
  },
  mkdir(path, options) {
    const { recursive, mode } = optionsOf(options, "mode");
    return fileCall("mkdir", givenPath(path), { recursive: recursive === true, mode: modeOf(mode) });
  },
  mkdtemp(prefix) {
    const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ab";
    const random = randomBytes(6);
    let path = givenPath(prefix, "prefix");
    for (let i = 0; i < 6; i++) path += letters[random[i] & 63];
    fileCall("mkdir", path, { mode: 0o700 }, "mkdtemp");
    return path;
  },
  readFile(path, options) {
    const encoding = encodingOf(optionsOf(options, "encoding").encoding);
    if (path === 0 || path === "/dev/stdin") {
      const bytes = readInput();
      return encoding === undefined ? bytes : textOfBytes(bytes, encoding);
    }
    const given = givenPath(path);
    const operation = encoding === "utf8" ? operations.readText : operations.readBytes;
    const found = host(operation, absolutePath(given));
    if (typeof found === "number") throw systemError(host(operations.lastErrno), "open", given);
    if (encoding === "utf8") return found;
    return encoding === undefined ? asBuffer(new Bytes(found)) : textOfBytes(new Bytes(found), encoding);
  },
  readdir(path, options) {
    const settings = optionsOf(options, "encoding");
    encodingOf(settings.encoding);
    return handOut(listInto(newList(), givenPath(path), "", settings));
  },
  readlink(path) {
    return fileCall("readlink", givenPath(path), {});
  },
  realpath(path) {
    return realPath(absolutePath(givenPath(path)), 0);
  },
  rename(from, to) {
    twoPaths("rename", from, to, undefined);
  },
  rm(path, options) {
    const { recursive, force } = optionsOf(options, "none");
    fileCall("rm", givenPath(path), { recursive: recursive === true, force: force === true });
  },
  rmdir(path) {
    fileCall("rmdir", givenPath(path), {});
  },
  stat(path, options) {
    return statWith("stat", true, path, options);
  },
  symlink(target, path) {
    fileCall("symlink", givenPath(path), { target: givenPath(target, "target") });
  },
  truncate(path, size) {
    fileCall("truncate", givenPath(path), { size: size ?? 0 });
  },
  unlink(path) {
    fileCall("unlink", givenPath(path), {});
  },
  utimes(path, atime, mtime) {
    fileCall("utimes", givenPath(path), { accessMs: timeMs(atime), modifyMs: timeMs(mtime) });
  },
  writeFile(path, data, options) {
    writeWith("w", path, data, options);
  },
};

const fsModule = {};
const fsPromises = { constants };
const fileFunctionNames = objectKeys(fileFunctions);
for (let i = 0; i < fileFunctionNames.length; i++) {
  const name = fileFunctionNames[i];
  const action = fileFunctions[name];
  const named = (value, text) => {
    defineProperty(value, "name", { __proto__: null, value: text, configurable: true });
    return value;
  };
  fsModule[name + "Sync"] = named((a, b, c) => action(a, b, c), name + "Sync");
  fsPromises[name] = named(async (a, b, c) => action(a, b, c), name);
}
fsModule.existsSync = function existsSync(path) {
  try {
    fileFunctions.access(path);
    return true;
  } catch {
    return false;
  }
};
fsModule.constants = constants;
fsModule.promises = fsPromises;
fsModule.Stats = Stats;
fsModule.Dirent = Dirent;
