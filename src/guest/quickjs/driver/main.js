// Puts the driver's globals in place, and gives the host its functions, in the order that boot.ts names them.

/** Globals are as the language's own: there, but not listed. */
function defineGlobal(name, value) {
  defineProperty(globalThis, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

defineGlobal("console", tagged(consoleMethods, "console"));
defineGlobal("print", function print(...values) {
  writeLine(output, formatLog(values));
});
defineGlobal("setTimeout", function setTimeout(callback, delay, ...values) {
  return addTimer(callback, delay, false, 1, values);
});
defineGlobal("setInterval", function setInterval(callback, delay, ...values) {
  return addTimer(callback, delay, true, 1, values);
});
defineGlobal("setImmediate", function setImmediate(callback, ...values) {
  return addTimer(callback, 0, false, 0, values);
});
defineGlobal("clearTimeout", function clearTimeout(timer) {
  clearTimer(timer);
});
defineGlobal("clearInterval", function clearInterval(timer) {
  clearTimer(timer);
});
defineGlobal("clearImmediate", function clearImmediate(timer) {
  clearTimer(timer);
});
defineGlobal("TextEncoder", TextEncoder);
defineGlobal("TextDecoder", TextDecoder);
defineGlobal("structuredClone", structuredClone);
defineGlobal("prompt", prompt);
defineGlobal("crypto", tagged(cryptoMethods, "Crypto"));
defineGlobal("process", tagged(processObject, "process"));
defineGlobal("require", require);
defineGlobal("Buffer", Buffer);
defineGlobal("URL", URL);
defineGlobal("URLSearchParams", URLSearchParams);
defineGlobal("fetch", fetch);
defineGlobal("Headers", Headers);
defineGlobal("Request", Request);
defineGlobal("Response", Response);
defineGlobal("ReadableStream", ReadableStream);
defineGlobal("AbortController", AbortController);
defineGlobal("AbortSignal", AbortSignal);
defineGlobal("global", globalThis);
defineGlobal("performance", tagged(performanceObject, "Performance"));
defineGlobal("HostError", HostError);
defineGlobal("display", display);
tagged(globalThis, "global");

/** `settings` is the JSON of a `GuestStart`, with the time of day that `performance.now()` counts from. */
function start(settings) {
  const given = parseJson(settings);
  defineProperty(performanceObject, "timeOrigin", {
    __proto__: null,
    value: given.timeOrigin,
    writable: false,
    enumerable: true,
    configurable: true,
  });
  setOwn(processObject, "argv", given.args);
  setOwn(processObject, "env", given.env);
  if (hasOwn(given, "cwd")) cwd = given.cwd;
}

/** `plain` is 1 for strings as they are, as console.log writes them. */
function show(value, plain) {
  return toWellFormed(plain === 1 && typeof value === "string" ? value : inspect(value));
}

/** What the assembled driver returns. */
const driverFunctions = [
  start,
  show,
  describeUncaught,
  advance,
  clearTimers,
  exitCode,
  keep,
  inspectSession,
  beginProgram,
  endProgram,
  describeModule,
  bindImports,
  declareFunctions,
  packed,
  suspendRun,
  resumeRun,
  clearCalls,
  moduleError,
];
for (const name of ownKeys(globalThis)) setAdd(builtinNames, name);
