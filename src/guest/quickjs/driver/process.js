// The global `process`: arguments, streams, how a program ends.

/** Gives an object the methods of an event emitter that programs use; `added` is told of the names listened to. */
function addEvents(target, added) {
  const listeners = { __proto__: null };
  const add = (name, listener, once) => {
    if (typeof listener !== "function") throw wrongType("listener", "of type function");
    if (!hasOwn(listeners, name)) listeners[name] = newList();
    append(listeners[name], { __proto__: null, listener, once });
    added?.(name);
    return target;
  };
  const remove = (name, listener) => {
    const old = listeners[name] ?? newList();
    const kept = newList();
    let found = false;
    for (let i = 0; i < old.length; i++) {
      if (!found && old[i].listener === listener) found = true;
      else append(kept, old[i]);
    }
    listeners[name] = kept;
    return target;
  };
  const call = (called, name, values) => {
    for (let i = 0; i < called.length; i++) {
      if (called[i].once) remove(name, called[i].listener);
      apply(called[i].listener, target, values);
    }
    return called.length > 0;
  };
  const emit = (name, values) => call(listeners[name] ?? newList(), name, values);
  /** Nothing listens any more when it begins. */
  const emitLast = (name, values) => {
    const called = listeners[name] ?? newList();
    listeners[name] = newList();
    call(called, name, values);
  };
  hideMethod(target, "on", (name, listener) => add(name, listener, false));
  hideMethod(target, "addListener", (name, listener) => add(name, listener, false));
  hideMethod(target, "once", (name, listener) => add(name, listener, true));
  hideMethod(target, "off", remove);
  hideMethod(target, "removeListener", remove);
  hideMethod(target, "removeAllListeners", (name) => {
    const names = name === undefined ? objectKeys(listeners) : [name];
    for (let i = 0; i < names.length; i++) listeners[names[i]] = newList();
    return target;
  });
  hideMethod(target, "emit", (name, ...values) => emit(name, values));
  hideMethod(target, "listenerCount", (name) => (hasOwn(listeners, name) ? listeners[name].length : 0));
  return { __proto__: null, emit, emitLast };
}

function outputStream(descriptor) {
  return {
    fd: descriptor,
    isTTY: false,
    write(data) {
      write(descriptor, typeof data === "string" ? data : decodeUtf8(bytesOf(data), false, false).text);
      return true;
    },
    end(data) {
      if (data !== undefined) this.write(data);
    },
  };
}

/** The next bytes of standard input, as a program reads them; undefined at its end. */
function readChunk() {
  const buffer = host(operations.readChunk);
  return buffer === undefined ? undefined : new Bytes(buffer);
}

/** All that is left of it. */
function readInput() {
  const chunks = newList();
  for (let chunk = readChunk(); chunk !== undefined; chunk = readChunk()) append(chunks, chunk);
  return bufferStatics.concat(chunks);
}

let inputEncoding;
/** The bytes of a character that is not whole yet. */
let unfinished = newList();

/** A chunk as the program wants it: a Buffer, or text with whole characters. */
function inputChunk() {
  for (;;) {
    const chunk = readChunk();
    if (inputEncoding === undefined) return chunk === undefined ? undefined : asBuffer(chunk);
    if (inputEncoding !== "utf8") return chunk === undefined ? undefined : textOfBytes(chunk, inputEncoding);
    if (chunk === undefined && unfinished.length === 0) return undefined;
    const added = chunk ?? new Bytes(0);
    const bytes = new Bytes(unfinished.length + typedArrayLength(added));
    for (let i = 0; i < unfinished.length; i++) bytes[i] = unfinished[i];
    copyBytes(bytes, added, unfinished.length);
    const decoded = decodeUtf8(bytes, false, chunk !== undefined);
    unfinished = decoded.kept;
    if (decoded.text !== "") return decoded.text;
  }
}

const stdin = {
  fd: 0,
  isTTY: false,
  /** All that is left of standard input, or null at its end. */
  read() {
    return host(operations.readAll) ?? null;
  },
  setEncoding(encoding) {
    inputEncoding = wantedEncoding(encoding);
    return stdin;
  },
  resume() {
    startFlow();
    return stdin;
  },
  pause() {
    isFlowing = false;
    return stdin;
  },
  async *[Symbol.asyncIterator]() {
    for (let chunk = inputChunk(); chunk !== undefined; chunk = inputChunk()) yield chunk;
  },
};
let isFlowing = false;
const stdinEvents = addEvents(stdin, (name) => {
  if (name === "data") startFlow();
});

function startFlow() {
  if (!isFlowing) addTimer(flow, 0, false, 0, []);
  isFlowing = true;
}

function flow() {
  if (!isFlowing) return;
  const chunk = inputChunk();
  if (chunk !== undefined) {
    stdinEvents.emit("data", [chunk]);
    if (isFlowing) addTimer(flow, 0, false, 0, []);
    return;
  }
  isFlowing = false;
  stdinEvents.emit("end", []);
  stdinEvents.emit("close", []);
}

let cwd = "/";

const processObject = {
  title: "jsrunner",
  version: "v" + engineVersion,
  versions: { quickjs: engineVersion },
  argv: [],
  execArgv: [],
  env: {},
  exitCode: undefined,
  platform: "wasi",
  arch: "wasm32",
  pid: 1,
  cwd() {
    return cwd;
  },
  exit(code) {
    const final = code === undefined ? exitCode() : toNumber(code);
    runExitHandlers(final);
    host(operations.exit, final);
  },
  nextTick(callback, ...values) {
    if (typeof callback !== "function") {
      throw new TypeErrorClass('The "callback" argument must be of type function');
    }
    enqueue(() => apply(callback, undefined, values));
  },
  hrtime: hrtime,
  uptime() {
    return now() / 1000;
  },
  stdin,
  stdout: outputStream(output),
  stderr: outputStream(errorOutput),
};
const processEvents = addEvents(processObject);
/** Once for each end: handlers that exit themselves find none left. */
function runExitHandlers(code) {
  processEvents.emitLast("exit", [code]);
}

/** The host's word that a program is over, with 1 if it has failed. */
function endProgram(failed) {
  runExitHandlers(failed === 1 ? 1 : exitCode());
}

function hrtime(since) {
  const time = now();
  const seconds = floor(time / 1000);
  const nanoseconds = floor((time % 1000) * 1e6);
  if (since === undefined) return [seconds, nanoseconds];
  const difference = nanoseconds - since[1];
  return difference < 0 ? [seconds - since[0] - 1, difference + 1e9] : [seconds - since[0], difference];
}
hrtime.bigint = function bigint() {
  return ToBigInt(floor(now() * 1e6));
};
const ToBigInt = BigInt;

function exitCode() {
  const code = ownValue(processObject, "exitCode");
  if (code === undefined || code === null) return 0;
  const number = typeof code === "number" || typeof code === "string" ? toNumber(code) : 1;
  return number === number ? number : 1;
}
