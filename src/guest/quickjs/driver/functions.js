// Makes functions of the host functions of JavaScript, and shows values.

/** What a function of the host has failed with, where the language has no error of that name. */
class HostError extends ErrorClass {
  type = "HostError";
  constructor(message, type) {
    super(message);
    if (type !== undefined) this.type = type;
  }
}
hideMethod(HostError.prototype, "name", "HostError");

const thrownClasses = { __proto__: null, ...errorClasses, Error: ErrorClass };

function hostError(type, message) {
  const Class = thrownClasses[type];
  if (Class !== undefined) return new Class(message);
  // The class may have been given another parent.
  const error = new ErrorClass(message);
  setPrototypeOf(error, HostError.prototype);
  setOwn(error, "type", type);
  return error;
}

/** What is there of functions by its global name, and the JSON that it was made from. */
let declared = { __proto__: null };
let declaredJson = "[]";
/** What a prompt tells of them. */
const descriptions = new WeakMapClass();

function makeFunction(declaration, last) {
  const json = stringifyJson(declaration.name);
  const sync = finishFunction((...args) => callSync(json, args), "sync", declaration);
  const aio = finishFunction((...args) => callAsync(json, args), "aio", declaration);
  const plain =
    ownValue(declaration, "style") === "sync"
      ? (...args) => callSync(json, args)
      : (...args) => callAsync(json, args);
  finishFunction(plain, last, declaration);
  hideMethod(plain, "sync", sync);
  hideMethod(plain, "aio", aio);
  return plain;
}

function finishFunction(made, name, declaration) {
  const parameters = ownValue(declaration, "parameters");
  const documentation = ownValue(declaration, "documentation") ?? "a function of the host";
  const count = parameters === undefined ? 0 : parameters.length;
  let length = 0;
  while (length < count && parameters[length].isRequired) length++;
  let takes = parameters === undefined ? "..." : "";
  for (let i = 0; i < count; i++) {
    if (i > 0) takes += ", ";
    takes += parameters[i].name;
    if (!parameters[i].isRequired) takes += "?";
  }
  const head = declaration.name + (name === "sync" || name === "aio" ? "." + name : "") + "(" + takes + ")";
  defineProperty(made, "name", { __proto__: null, value: name, configurable: true });
  defineProperty(made, "length", { __proto__: null, value: length, configurable: true });
  weakMapSet(descriptions, made, { __proto__: null, head, text: documentation });
  return made;
}

/** The functions that there are from now on, as JSON, in place of those before. What code has put in their place stays. */
function declareFunctions(json, isRestored) {
  if (isRestored === 1) loseCalls();
  if (json === undefined || json === declaredJson) return;
  const declarations = parseJson(json);
  const made = { __proto__: null };
  const namespaces = newList();
  for (let i = 0; i < declarations.length; i++) {
    const names = splitAt(declarations[i].name, ".");
    let holder = made;
    for (let n = 0; n < names.length - 1; n++) {
      if (!hasOwn(holder, names[n])) {
        const namespace = {};
        append(namespaces, namespace);
        setOwn(holder, names[n], namespace);
      }
      holder = holder[names[n]];
    }
    const last = names[names.length - 1];
    setOwn(holder, last, makeFunction(declarations[i], last));
  }
  for (let i = 0; i < namespaces.length; i++) freeze(namespaces[i]);
  const old = declared;
  const names = objectKeys(made);
  for (let i = 0; i < names.length; i++) {
    if (!hasOwn(old, names[i]) || isOurs(names[i], old)) defineGlobal(names[i], made[names[i]]);
  }
  const oldNames = objectKeys(old);
  for (let i = 0; i < oldNames.length; i++) {
    if (!hasOwn(made, oldNames[i]) && isOurs(oldNames[i], old)) deleteProperty(globalThis, oldNames[i]);
  }
  declared = made;
  declaredJson = json;
}

function isOurs(name, functions) {
  return ownValue(globalThis, name) === functions[name];
}

const mimeType = /^[\w.+-]+\/[\w.+-]+$/;

/** Shows an object of MIME types; any other value as text. Where nobody takes it, that text is printed. */
function display(value) {
  const isBundle = isObject(value) && typeof value !== "function" && !isProxy(value) && hasMimeTypes(value);
  const shown = isBundle ? value : { __proto__: null, "text/plain": inspect(value) };
  const list = packed(shown);
  if (host(operations.display, list[1], list[0], list[2]) === 1) return;
  const text = ownValue(shown, "text/plain");
  writeLine(output, typeof text === "string" ? text : inspect(value));
}

function hasMimeTypes(value) {
  const names = objectKeys(value);
  for (let i = 0; i < names.length; i++) {
    if (exec(mimeType, names[i]) === null) return false;
  }
  return names.length > 0;
}
