// What a prompt asks: completions, descriptions, variables. No getter, proxy trap or method of the user's is run.

/** What the prompt's names had when they were set last. */
const kept = { __proto__: null };

/** The prompt's last value, or error. What the user makes of the name stays the user's. */
function keep(value, name) {
  const own = getOwnPropertyDescriptor(globalThis, name);
  if (own !== undefined && (own.enumerable || !hasOwn(own, "value") || !is(own.value, kept[name]))) return;
  kept[name] = value;
  defineProperty(globalThis, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

const mostItems = 2000;
/** In characters. Nobody types, or chooses from a list, a longer name. */
const longestName = 500;
const longestHead = 2000;
const longestText = 100_000;
/** How much of the code the patterns below are tried on, since they take time that grows with its square. */
const longestLine = 2000;
/** What all items of a list may be together, in characters of JSON; one of these is at most three bytes. */
const mostJson = 300_000;
const absent = freeze({ __proto__: null });
const builtinNames = new SetClass();
const setHas = method(Set.prototype.has);
const chainPattern =
  /([\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*)\.([\p{ID_Continue}$]*)$/u;
const keyPattern =
  /([\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*)\[\s*(['"])([^'"\\]*)$/u;
const namePattern = /(?:^|[^.\p{ID_Continue}$])([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u;
const wholeChain = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;
const keywords =
  "async await break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof let new null return static super switch this throw true try typeof undefined var void while with yield";

function splitAt(text, mark) {
  const parts = newList();
  let start = 0;
  for (let at = indexOf(text, mark); at >= 0; at = indexOf(text, mark, start)) {
    append(parts, slice(text, start, at));
    start = at + mark.length;
  }
  append(parts, slice(text, start));
  return parts;
}

/** A value without running anything for it; `absent` if there is none or only a getter knows. */
function property(object, key) {
  let holder = object;
  if (!isObject(holder)) {
    if (holder === undefined || holder === null) return absent;
    if (typeof holder === "string" && key === "length") return holder.length;
    holder = getPrototypeOf(ObjectClass(holder));
  }
  for (; holder !== null && !isProxy(holder); holder = getPrototypeOf(holder)) {
    let descriptor;
    try {
      descriptor = getOwnPropertyDescriptor(holder, key);
    } catch {
      return absent;
    }
    if (descriptor !== undefined)
      return hasOwn(descriptor, "value") ? descriptor.value : importedValue(descriptor.get);
  }
  return absent;
}

/** What a name stands for that a static import has bound. */
function importedValue(get) {
  const imported = mapGet(importedNames, get);
  return imported === undefined ? absent : property(imported.namespace, imported.name);
}

function resolveChain(chain, lexical) {
  const names = splitAt(chain, ".");
  let value = hasOwn(lexical, names[0]) ? property(lexical, names[0]) : property(globalThis, names[0]);
  for (let i = 1; i < names.length && value !== absent; i++) value = property(value, names[i]);
  return value;
}

function addNames(found, value) {
  let holder = isObject(value) ? value : getPrototypeOf(ObjectClass(value));
  for (let depth = 0; holder !== null && !isProxy(holder); depth++) {
    const keys = ownKeys(holder);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] === "string" && !isIndex(keys[i] === "" ? "x" : keys[i])) found[keys[i]] = depth;
    }
    holder = getPrototypeOf(holder);
  }
}

function fitting(found, prefix, keep) {
  const names = objectKeys(found);
  const items = newList();
  for (let i = 0; i < names.length; i++) {
    if (names[i].length > longestName || !startsWith(names[i], prefix)) continue;
    if (keep(names[i])) append(items, names[i]);
  }
  return sortNames(items);
}

/** A plain merge sort: the user may have changed `Array.prototype.sort`. */
function sortNames(list) {
  if (list.length < 2) return list;
  const middle = floor(list.length / 2);
  const halves = [newList(), newList()];
  for (let i = 0; i < list.length; i++) append(halves[i < middle ? 0 : 1], list[i]);
  const left = sortNames(halves[0]);
  const right = sortNames(halves[1]);
  const sorted = newList();
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    if (j >= right.length || (i < left.length && left[i] <= right[j])) append(sorted, left[i++]);
    else append(sorted, right[j++]);
  }
  return sorted;
}

const isName = (name) => exec(wholeChain, name) !== null && !includes(name, ".");

function completeCode(code, lexical) {
  const before = slice(code, -longestLine);
  const found = { __proto__: null };
  let match = exec(keyPattern, before);
  if (match !== null) {
    const value = resolveChain(match[1], lexical);
    if (isObject(value) && !isProxy(value) && value !== absent) {
      const keys = objectKeys(value);
      for (let i = 0; i < keys.length; i++) found[keys[i] + match[2] + "]"] = 0;
    }
    return {
      __proto__: null,
      prefix: match[3],
      items: fitting(found, match[3], (name) => !includes(name, "\\")),
    };
  }
  match = exec(chainPattern, before);
  if (match !== null) {
    const value = resolveChain(match[1], lexical);
    if (value !== absent && value !== undefined && value !== null) addNames(found, value);
    const isOwn = (name) => match[2] !== "" || !hasOwn(ObjectPrototype, name);
    return {
      __proto__: null,
      prefix: match[2],
      items: fitting(found, match[2], (name) => isName(name) && isOwn(name)),
    };
  }
  match = exec(namePattern, before);
  if (match === null) return { __proto__: null, prefix: "", items: newList() };
  addNames(found, lexical);
  addNames(found, globalThis);
  const words = splitAt(keywords, " ");
  for (let i = 0; i < words.length; i++) found[words[i]] = 0;
  return { __proto__: null, prefix: match[1], items: fitting(found, match[1], isName) };
}

function describeName(name, lexical) {
  if (exec(wholeChain, name) === null) return absent;
  const value = resolveChain(name, lexical);
  if (value === absent) return absent;
  if (typeof value === "function" && !isProxy(value)) {
    const known = weakMapGet(descriptions, value);
    if (known !== undefined) {
      const { head, text } = known;
      return { __proto__: null, head: shorten(head, longestHead), text: shorten(text, longestText) };
    }
    const source = functionToString(value);
    const isNative = includes(source, "[native code]");
    const length = property(value, "length");
    const plural = length === 1 ? "" : "s";
    const takes = "takes " + toText(length) + " argument" + plural;
    return {
      __proto__: null,
      head: shorten(inspect(value), longestHead),
      text: isNative ? takes : shorten(source, longestText),
    };
  }
  const head = name + ": " + (value === null ? "null" : typeof value);
  return { __proto__: null, head: shorten(head, longestHead), text: shorten(inspect(value), longestText) };
}

function listVariables(lexical) {
  const items = newList();
  const holders = [lexical, globalThis];
  for (let h = 0; h < holders.length; h++) {
    const names = ownKeys(holders[h]);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (typeof name !== "string" || setHas(builtinNames, name) || name === "_" || name === "_error")
        continue;
      if (h === 1 && hasOwn(declared, name) && isOurs(name, declared)) continue;
      if (name.length > longestName) continue;
      const value = property(holders[h], name);
      if (value === absent) continue;
      const type =
        value === null ? "null" : isObject(value) ? (constructorName(value) ?? "Object") : typeof value;
      const text = inspect(value, { __proto__: null, depth: 0, breakLength: 1 / 0 });
      append(items, { __proto__: null, name, type: shorten(type, longestName), value: shorten(text, 57) });
    }
  }
  return { __proto__: null, items };
}

function shorten(text, longest) {
  return text.length > longest + 3 ? slice(text, 0, longest) + "..." : text;
}

/** The first items, as far as they go into an answer. */
function within(items) {
  let length = 0;
  for (let i = 0; i < items.length; i++) {
    length += ownJson(items[i]).length + 1;
    if (i === mostItems || length > mostJson) {
      items.length = i;
      break;
    }
  }
  return items;
}

/** Gives JSON. `lexical` is the object of global `let`, `const` and `class` names. */
function inspectSession(kind, code, lexical) {
  let answer = { __proto__: null };
  if (kind === "complete") answer = completeCode(code, lexical);
  else if (kind === "describe") answer = describeName(code, lexical);
  else if (kind === "variables") answer = listVariables(lexical);
  if (answer.items !== undefined) answer.items = within(answer.items);
  if (answer.prefix !== undefined && answer.prefix.length > longestName)
    answer = { __proto__: null, prefix: "", items: newList() };
  return ownJson(answer);
}
