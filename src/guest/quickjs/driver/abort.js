// AbortController and AbortSignal.

const makingSignal = freeze({ __proto__: null });
/** Hears of an abort before the code does. */
const abortHooks = new WeakMapClass();

class AbortSignal {
  #aborted = false;
  #reason = undefined;
  #listeners = newList();
  onabort = null;
  constructor(key) {
    if (key !== makingSignal) throw new TypeErrorClass("Illegal constructor");
  }
  static isOne(value) {
    return isObject(value) && !isProxy(value) && #aborted in value;
  }
  static abortOne(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    const hooks = weakMapGet(abortHooks, signal);
    if (hooks !== undefined) for (let i = 0; i < hooks.length; i++) hooks[i](signal.#reason);
    const listeners = signal.#listeners;
    signal.#listeners = newList();
    if (typeof signal.onabort === "function")
      append(listeners, { __proto__: null, listener: signal.onabort });
    for (let i = 0; i < listeners.length; i++) tellListener(listeners[i].listener, signal);
  }
  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  addEventListener(type, listener) {
    if (toText(type) !== "abort" || !isObject(listener)) return;
    for (let i = 0; i < this.#listeners.length; i++) if (this.#listeners[i].listener === listener) return;
    append(this.#listeners, { __proto__: null, listener });
  }
  removeEventListener(type, listener) {
    if (toText(type) !== "abort") return;
    const kept = newList();
    for (let i = 0; i < this.#listeners.length; i++) {
      if (this.#listeners[i].listener !== listener) append(kept, this.#listeners[i]);
    }
    this.#listeners = kept;
  }
  static abort(reason) {
    const signal = new AbortSignalClass(makingSignal);
    abortSignal(signal, reason);
    return signal;
  }
  static timeout(delay) {
    const signal = new AbortSignalClass(makingSignal);
    const timer = addTimer(
      () => abortSignal(signal, new DOMExceptionClass("The operation timed out.", "TimeoutError")),
      delay,
      false,
      0,
      newList(),
    );
    setReferenced(recordOf(timer), false);
    return signal;
  }
  static any(signals) {
    const signal = new AbortSignalClass(makingSignal);
    for (const each of signals) {
      if (!isSignal(each)) throw new TypeErrorClass("AbortSignal.any takes AbortSignals");
      onAbort(each, (reason) => abortSignal(signal, reason));
    }
    return signal;
  }
}
const AbortSignalClass = AbortSignal;
const isSignal = AbortSignal.isOne;
const abortSignal = AbortSignal.abortOne;
delete AbortSignal.isOne;
delete AbortSignal.abortOne;
const signalReason = getter(AbortSignal.prototype, "reason");
const signalAborted = getter(AbortSignal.prototype, "aborted");
tagged(AbortSignal.prototype, "AbortSignal");

class AbortController {
  #signal = new AbortSignalClass(makingSignal);
  get signal() {
    return this.#signal;
  }
  abort(reason) {
    abortSignal(this.#signal, reason);
  }
}
tagged(AbortController.prototype, "AbortController");

function abortError() {
  return new DOMExceptionClass("This operation was aborted", "AbortError");
}

/** Calls back when the signal is aborted, or now if it is. Gives what takes that back. */
function onAbort(signal, hook) {
  if (signalAborted(signal)) {
    hook(signalReason(signal));
    return () => {};
  }
  let hooks = weakMapGet(abortHooks, signal);
  if (hooks === undefined) {
    hooks = newList();
    weakMapSet(abortHooks, signal, hooks);
  }
  append(hooks, hook);
  return () => {
    for (let i = 0; i < hooks.length; i++) if (hooks[i] === hook) hooks[i] = () => {};
  };
}

/** What a listener throws is nobody's to catch, and keeps no other from hearing. */
function tellListener(listener, target) {
  const event = { type: "abort", target, currentTarget: target };
  try {
    if (typeof listener === "function") apply(listener, target, [event]);
    else apply(listener.handleEvent, listener, [event]);
  } catch (error) {
    enqueue(() => {
      throw error;
    });
  }
}
