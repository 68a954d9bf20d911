// Timers run at the end of a cell, by the host's asking for the next one until none is left. They are kept in a
// heap by the time they are due, and by their order among equals.

const heap = newList();
const timersById = new MapClass();
let lastTimer = 0;
/** Timers that keep the cell going. */
let referenced = 0;
const longestDelay = 2 ** 31 - 1;

class Timeout {
  #record;
  constructor(record) {
    this.#record = record;
  }
  static recordOf(value) {
    return isObject(value) && !isProxy(value) && #record in value ? value.#record : undefined;
  }
  ref() {
    setReferenced(this.#record, true);
    return this;
  }
  unref() {
    setReferenced(this.#record, false);
    return this;
  }
  hasRef() {
    return this.#record.referenced;
  }
  refresh() {
    const record = this.#record;
    if (record.active) {
      removeFromHeap(record);
      schedule(record);
    }
    return this;
  }
  close() {
    cancel(this.#record);
    return this;
  }
  [Symbol.toPrimitive]() {
    return this.#record.id;
  }
}
const recordOf = Timeout.recordOf;
delete Timeout.recordOf;
freeze(Timeout.prototype);

function setReferenced(record, wanted) {
  if (record.active && record.referenced !== wanted) referenced += wanted ? 1 : -1;
  record.referenced = wanted;
}

function addTimer(callback, delay, repeats, least, values) {
  if (typeof callback !== "function") {
    throw new TypeErrorClass('The "callback" argument must be of type function');
  }
  const wanted = trunc(toNumber(delay));
  const record = {
    __proto__: null,
    id: ++lastTimer,
    callback,
    values,
    delay: wanted >= least && wanted <= longestDelay ? wanted : least,
    repeats,
    due: 0,
    order: 0,
    place: -1,
    active: true,
    referenced: true,
  };
  referenced++;
  mapSet(timersById, record.id, record);
  schedule(record);
  return new Timeout(record);
}

let lastOrder = 0;

function schedule(record) {
  record.due = now() + record.delay;
  record.order = ++lastOrder;
  record.place = heap.length;
  append(heap, record);
  rise(record.place);
}

function isBefore(a, b) {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

function put(place, record) {
  heap[place] = record;
  record.place = place;
}

function rise(from) {
  const record = heap[from];
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(record, heap[parent])) break;
    put(place, heap[parent]);
    place = parent;
  }
  put(place, record);
}

function sink(from) {
  const record = heap[from];
  let place = from;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
    if (!isBefore(heap[child], record)) break;
    put(place, heap[child]);
    place = child;
  }
  put(place, record);
}

function removeFromHeap(record) {
  const { place } = record;
  const last = heap[heap.length - 1];
  heap.length -= 1;
  record.place = -1;
  if (last === record) return;
  put(place, last);
  rise(place);
  sink(last.place);
}

function cancel(record) {
  if (record === undefined || !record.active) return;
  record.active = false;
  if (record.referenced) referenced--;
  if (record.place >= 0) removeFromHeap(record);
  mapDelete(timersById, record.id);
}

/** Node's objects, their numbers, and numbers as text are all accepted. */
function clearTimer(timer) {
  cancel(isObject(timer) ? recordOf(timer) : mapGet(timersById, toNumber(timer)));
}

/**
 * Runs the next timer if it is due, and gives 0; else the milliseconds until it is; -1 if nothing is waited for.
 * `goesOn`: the run waits for something else, so that timers run which would not keep it going.
 */
function runTimer(goesOn) {
  if (heap.length === 0) return -1;
  if (referenced === 0 && !goesOn) {
    clearTimers();
    return -1;
  }
  const record = heap[0];
  const wait = record.due - now();
  if (wait > 0) return wait;
  removeFromHeap(record);
  if (!record.repeats) cancel(record);
  try {
    apply(record.callback, undefined, record.values);
  } finally {
    if (record.active && record.place < 0) schedule(record);
  }
  return 0;
}

function clearTimers() {
  while (heap.length > 0) cancel(heap[heap.length - 1]);
}
