// `require`, and what modules know of themselves.

const builtinModules = {
  __proto__: null,
  fs: fsModule,
  "fs/promises": fsPromises,
  path: pathModule,
  "path/posix": pathModule,
  buffer: bufferModule,
  url: urlModule,
  process: processObject,
};

function builtinModule(name) {
  return builtinModules[startsWith(name, "node:") ? slice(name, 5) : name];
}

/** As Node.js has it; undefined for a name that is no module of its own. */
hideMethod(processObject, "getBuiltinModule", (name) => builtinModule(pathText(name, "id")));

const requiredModules = new MapClass();
/** The directory of the program that runs; undefined for cells, which are at the working directory. */
let programDirectory;

/** What a specifier means in a file of the directory: a path, or the name of a built-in module. */
function resolveSpecifier(name, directory, by) {
  return host(operations.resolveModule, ownJson({ __proto__: null, call: by, path: name, to: directory }));
}

function resolveRequired(name, directory) {
  return resolveSpecifier(toWellFormed(name), directory, "require");
}

function requireModule(name, directory) {
  const found = builtinModule(pathText(name, "id"));
  if (found !== undefined) return found;
  const path = resolveRequired(name, directory);
  const known = mapGet(requiredModules, path);
  if (known !== undefined) return known.exports;
  const module = createModule(path);
  mapSet(requiredModules, path, module);
  try {
    loadRequired(module, path);
  } catch (error) {
    mapDelete(requiredModules, path);
    throw error;
  }
  module.loaded = true;
  return module.exports;
}

function createModule(path) {
  return {
    id: path,
    path: pathModule.dirname(path),
    filename: path,
    exports: {},
    loaded: false,
    children: [],
  };
}

function loadRequired(module, path) {
  const text = host(operations.readText, path);
  if (typeof text === "number") throw systemError(host(operations.lastErrno), "open", path);
  if (endsWith(path, ".json")) {
    try {
      module.exports = parseJson(startsWith(text, "\ufeff") ? slice(text, 1) : text);
      return;
    } catch (error) {
      throw new SyntaxErrorClass(path + ": it is no JSON: " + textOf(inheritedValue(error, "message"), ""));
    }
  }
  const directory = pathModule.dirname(path);
  const body = host(operations.compile, path, startsWith(text, "#!") ? "//" + text : text);
  apply(body, module.exports, [module.exports, createRequire(directory), module, path, directory]);
}

function createRequire(directory) {
  const require = (name) => requireModule(name, directory);
  hideMethod(require, "resolve", (name) =>
    builtinModule(pathText(name, "request")) === undefined ? resolveRequired(name, directory) : name,
  );
  return require;
}

function require(name) {
  return requireModule(name, programDirectory ?? cwd);
}
hideMethod(require, "resolve", (name) =>
  builtinModule(pathText(name, "request")) === undefined
    ? resolveRequired(name, programDirectory ?? cwd)
    : name,
);

/** A program begins: a script has what CommonJS modules have. `kind` is "script" or "module". */
function beginProgram(filename, kind) {
  const isPath = startsWith(filename, "/");
  programDirectory = isPath ? pathModule.dirname(filename) : undefined;
  if (kind !== "script") return;
  const module = createModule(isPath ? filename : pathModule.join(cwd, filename));
  module.id = isPath ? "." : filename;
  require.main = module;
  defineGlobal("module", module);
  defineGlobal("exports", module.exports);
  defineGlobal("__filename", filename);
  defineGlobal("__dirname", isPath ? module.path : ".");
}

/**
 * Fills a module's `import.meta`. The names of built-in modules begin with `node:`. `kind` is 1 for what stands for a
 * CommonJS module, 2 for the bytes of a file (its name begins with `bytes:`), else 0.
 */
function describeModule(meta, name, kind) {
  if (kind === 2) {
    const found = host(operations.readBytes, slice(name, 6));
    if (typeof found !== "number") setOwn(meta, "bytes", new Bytes(found));
    return;
  }
  if (startsWith(name, "node:")) return setOwn(meta, "builtin", builtinModule(name));
  const path = startsWith(name, "/") ? name : pathModule.join(cwd, name);
  const url = writeUrl(fileRecord(path));
  setOwn(meta, "dirname", pathModule.dirname(path));
  setOwn(meta, "filename", path);
  setOwn(meta, "resolve", function resolve(specifier) {
    const wanted = toText(specifier);
    if (builtinModule(wanted) !== undefined) return startsWith(wanted, "node:") ? wanted : "node:" + wanted;
    const isPath = startsWith(wanted, "/") || startsWith(wanted, "./") || startsWith(wanted, "../");
    const record = isPath ? parseUrl(wanted, parseUrl(url)) : parseUrl(wanted);
    if (record !== undefined) return writeUrl(record);
    const found = resolveSpecifier(toWellFormed(wanted), pathModule.dirname(path), "import");
    return startsWith(found, "/") ? writeUrl(fileRecord(found)) : found;
  });
  setOwn(meta, "url", url);
  if (kind === 1) setOwn(meta, "require", createRequire(pathModule.dirname(path)));
}

/** What static imports of cells have bound: each getter with its module and the name there. */
const importedNames = new MapClass();

/** Makes what a module exports names of the session, which follow the module's. A later declaration replaces one. */
function bindImports(namespace) {
  const names = ownKeys(namespace);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== "string") continue;
    const get = () => namespace[name];
    mapSet(importedNames, get, { __proto__: null, namespace, name });
    defineProperty(globalThis, name, {
      __proto__: null,
      get,
      set: (value) => setOwn(globalThis, name, value),
      enumerable: true,
      configurable: true,
    });
  }
}
