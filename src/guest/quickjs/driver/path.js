// The module node:path, for POSIX paths, which are all that a guest sees.

function pathText(value, name) {
  if (typeof value === "string") return value;
  throw codedError(
    TypeErrorClass,
    "ERR_INVALID_ARG_TYPE",
    'The "' + name + '" argument must be of type string',
  );
}

function codedError(Class, code, message) {
  const error = new Class(message);
  setOwn(error, "code", code);
  return error;
}

/** The parts of a path with `.` and `..` worked out; leading `..` stay unless it is absolute. */
function pathParts(path, absolute) {
  const parts = newList();
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && path[i] !== "/") continue;
    const part = slice(path, start, i);
    start = i + 1;
    if (part === "" || part === ".") continue;
    if (part !== "..") append(parts, part);
    else if (parts.length > 0 && parts[parts.length - 1] !== "..") parts.length--;
    else if (!absolute) append(parts, "..");
  }
  return parts;
}

/** Without slashes at the end, but for a path of nothing else. */
function trimmedPath(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return slice(path, 0, end);
}

const pathModule = {
  sep: "/",
  delimiter: ":",
  isAbsolute(path) {
    return startsWith(pathText(path, "path"), "/");
  },
  normalize(path) {
    if (pathText(path, "path") === "") return ".";
    const absolute = path[0] === "/";
    const text = (absolute ? "/" : "") + join(pathParts(path, absolute), "/");
    if (text === "") return endsWith(path, "/") ? "./" : ".";
    return endsWith(path, "/") && text !== "/" ? text + "/" : text;
  },
  join() {
    let joined = "";
    for (let i = 0; i < arguments.length; i++) {
      const part = pathText(arguments[i], "path");
      if (part !== "") joined += joined === "" ? part : "/" + part;
    }
    return pathModule.normalize(joined);
  },
  resolve() {
    let path = "";
    for (let i = arguments.length - 1; i >= 0 && !startsWith(path, "/"); i--) {
      const part = pathText(arguments[i], "paths");
      if (part !== "") path = path === "" ? part : part + "/" + path;
    }
    if (!startsWith(path, "/")) path = cwd + "/" + path;
    return "/" + join(pathParts(path, true), "/");
  },
  dirname(path) {
    const text = trimmedPath(pathText(path, "path"));
    const at = lastIndexOf(text, "/");
    return at < 0 ? "." : at === 0 ? "/" : trimmedPath(slice(text, 0, at));
  },
  basename(path, suffix) {
    const text = trimmedPath(pathText(path, "path"));
    const name = text === "/" ? "" : slice(text, lastIndexOf(text, "/") + 1);
    if (suffix === undefined || name === suffix || !endsWith(name, pathText(suffix, "suffix"))) return name;
    return slice(name, 0, name.length - suffix.length);
  },
  extname(path) {
    const name = pathModule.basename(path);
    const at = lastIndexOf(name, ".");
    return at <= 0 || name === ".." ? "" : slice(name, at);
  },
  relative(from, to) {
    const source = pathParts(pathModule.resolve(from), true);
    const target = pathParts(pathModule.resolve(to), true);
    let same = 0;
    while (same < source.length && same < target.length && source[same] === target[same]) same++;
    const parts = newList();
    for (let i = same; i < source.length; i++) append(parts, "..");
    for (let i = same; i < target.length; i++) append(parts, target[i]);
    return join(parts, "/");
  },
  parse(path) {
    const root = pathModule.isAbsolute(path) ? "/" : "";
    const base = pathModule.basename(path);
    const ext = pathModule.extname(path);
    const directory = pathModule.dirname(path);
    const dir = root === "" && directory === "." && !startsWith(path, "./") ? "" : directory;
    return { root, dir, base, ext, name: slice(base, 0, base.length - ext.length) };
  },
  format(parts) {
    const directory = parts.dir || parts.root || "";
    const base = parts.base || (parts.name || "") + (parts.ext || "");
    return directory === "" || directory === parts.root ? directory + base : directory + "/" + base;
  },
  toNamespacedPath(path) {
    return path;
  },
};
pathModule.posix = pathModule;
