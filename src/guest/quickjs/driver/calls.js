// Calls functions of the host. A call that is awaited lives here until its answer is there, also over a snapshot.

/** By their ids. What is here is waited for. */
const pendingCalls = new MapClass();
/** How many of them have their answer another day. */
let markedCalls = 0;
let lastCall = 0;
/** The run that waits for such answers alone: the promise of its code, and what the host has to know to go on. */
let suspendedRun;

/** `name` is JSON. Without `resolve` and `reject` the call is one that waits. */
function beginCall(name, args, resolve, reject) {
  const parts = newList();
  let json = "[[";
  for (let i = 0; i < args.length; i++) {
    if (i > 0) json += ",";
    json += crossingJson(args[i], parts);
  }
  json += "],{}]";
  const { sizes, buffer } = joinParts(parts);
  const id = ++lastCall;
  const head = "[" + id + "," + name + sizes + "]";
  const call = {
    __proto__: null,
    id,
    name,
    head,
    json,
    buffer,
    resolve,
    reject,
    isMarked: false,
    isSettled: false,
    hasFailed: false,
    value: undefined,
  };
  mapSet(pendingCalls, id, call);
  try {
    host(operations.call, head, json, buffer);
  } catch (error) {
    mapDelete(pendingCalls, id);
    throw error;
  }
  return call;
}

function callAsync(name, args) {
  let resolve;
  let reject;
  const promise = new PromiseClass((toResolve, toReject) => {
    resolve = toResolve;
    reject = toReject;
  });
  try {
    beginCall(name, args, resolve, reject);
  } catch (error) {
    reject(error);
  }
  return promise;
}

function callSync(name, args) {
  const call = beginCall(name, args);
  while (!call.isSettled) takeAnswer(1 / 0);
  if (call.hasFailed) throw call.value;
  return call.value;
}

/** Takes the next answer, and waits so many milliseconds for it at most. False if there was none. */
function takeAnswer(waitMs) {
  let answer;
  try {
    const text = host(operations.receive, waitMs);
    if (text === undefined) return false;
    answer = parseJson(text);
    if (answer[0] === 1) {
      answer[2] = revive(answer[2], splitParts(host(operations.receivedBytes), answer[3]));
    }
  } catch (error) {
    // No memory for it.
    const id = host(operations.receivedCall);
    if (id === 0) throw error;
    settleCall(mapGet(pendingCalls, id), false, error);
    return true;
  }
  const call = mapGet(pendingCalls, answer[1]);
  if (answer[0] === 2) settleCall(call, false, hostError(answer[2], answer[3]));
  else if (answer[0] === 3) markCall(call);
  else settleCall(call, true, answer[2]);
  return true;
}

function markCall(call) {
  if (call === undefined || call.isMarked) return;
  if (call.resolve !== undefined) {
    call.isMarked = true;
    markedCalls++;
  } else giveUp(call, "a call that waits cannot: `await` it instead, at the top level");
}

function giveUp(call, reason) {
  host(operations.cancel, call.id);
  settleCall(call, false, new ErrorClass(parseJson(call.name) + "() is answered another day, and " + reason));
}

function settleCall(call, worked, value) {
  if (call === undefined || !mapDelete(pendingCalls, call.id)) return;
  if (call.isMarked) markedCalls--;
  call.isSettled = true;
  if (call.resolve === undefined) {
    call.hasFailed = !worked;
    call.value = value;
    return;
  }
  const settle = worked ? call.resolve : call.reject;
  settle(value);
}

/** The calls at hand; they may change while a list of them is gone through. */
function listCalls() {
  const calls = newList();
  mapForEach(pendingCalls, (call) => append(calls, call));
  return calls;
}

/**
 * No job is left: takes answers that have come, or runs the next timer that is due, or waits for an answer, and gives 0.
 * Else the milliseconds until the next timer; -1 if nothing is waited for; -2 if only answers of another day are, and
 * `maySuspend` is 1.
 */
function advance(maySuspend) {
  if (mapSize(pendingCalls) === 0) return runTimer(false);
  let hasTaken = false;
  while (takeAnswer(0)) hasTaken = true;
  if (hasTaken) return 0;
  const waitMs = runTimer(true);
  if (waitMs === 0) return 0;
  if (markedCalls === mapSize(pendingCalls)) {
    if (maySuspend === 1) return -2;
    const calls = listCalls();
    for (let i = 0; i < calls.length; i++) giveUp(calls[i], "nothing at the top level awaits it");
    return 0;
  }
  takeAnswer(waitMs < 0 ? 1 / 0 : waitMs);
  return 0;
}

/** Keeps what goes on with the run, and gives the calls that it waits for: of each its head, arguments and bytes. */
function suspendRun(promise, settings) {
  suspendedRun = { __proto__: null, promise, settings };
  const list = newList();
  mapForEach(pendingCalls, ({ head, json, buffer }) => {
    append(list, head);
    append(list, json);
    append(list, buffer);
  });
  return list;
}

function resumeRun() {
  const list = newList();
  if (suspendedRun !== undefined) {
    append(list, suspendedRun.settings);
    append(list, suspendedRun.promise);
    suspendedRun = undefined;
  }
  return list;
}

/** The guest goes on from a state: the answers that were on their way are for the guest before it. */
function loseCalls() {
  const calls = listCalls();
  for (let i = 0; i < calls.length; i++) {
    if (calls[i].isMarked) continue;
    const reason = "the call is lost: the session has gone on from a saved state";
    settleCall(calls[i], false, hostError("HostError", reason));
  }
}

/** The run was stopped: nobody is left who waits. */
function clearCalls() {
  mapForEach(pendingCalls, ({ id }) => host(operations.cancel, id));
  mapClear(pendingCalls);
  markedCalls = 0;
  suspendedRun = undefined;
}
