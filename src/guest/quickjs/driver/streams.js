// ReadableStream, as far as bodies need it: readers, async iteration, `tee` and `cancel`.

/** What a stream reads from: `next` promises `{ done, value }`, and `stop` is told that nobody reads any more. */
const makingStream = freeze({ __proto__: null });

class ReadableStream {
  #source;
  #reader = undefined;
  #isDisturbed = false;
  constructor(source = {}, own = undefined) {
    this.#source = source === makingStream ? own : controlledSource(source);
  }
  static isOne(value) {
    return isObject(value) && !isProxy(value) && #source in value;
  }
  static isUsed(stream) {
    return stream.#isDisturbed || stream.#reader !== undefined;
  }
  static next(stream) {
    stream.#isDisturbed = true;
    return stream.#source.next();
  }
  static release(stream, reader) {
    if (stream.#reader === reader) stream.#reader = undefined;
  }
  static stop(stream, reason) {
    stream.#isDisturbed = true;
    return stream.#source.stop(reason);
  }
  get locked() {
    return this.#reader !== undefined;
  }
  getReader() {
    if (this.#reader !== undefined) throw new TypeErrorClass("The stream is locked to a reader");
    this.#reader = new ReadableStreamDefaultReader(makingStream, this);
    return this.#reader;
  }
  async cancel(reason) {
    if (this.#reader !== undefined) throw new TypeErrorClass("The stream is locked to a reader");
    await stopStream(this, reason);
  }
  tee() {
    if (this.#reader !== undefined) throw new TypeErrorClass("The stream is locked to a reader");
    this.#reader = makingStream;
    const queues = [newList(), newList()];
    const left = [true, true];
    const source = this.#source;
    const branch = (own) => ({
      __proto__: null,
      async next() {
        if (queues[own].length === 0) {
          const item = source.next();
          append(queues[0], item);
          append(queues[1], item);
        }
        return takeFirst(queues[own]);
      },
      async stop(reason) {
        left[own] = false;
        if (!left[0] && !left[1]) await source.stop(reason);
      },
    });
    return [
      new ReadableStreamClass(makingStream, branch(0)),
      new ReadableStreamClass(makingStream, branch(1)),
    ];
  }
  values() {
    const reader = this.getReader();
    return iterateStream(reader, this);
  }
}
const ReadableStreamClass = ReadableStream;
const {
  isOne: isStream,
  isUsed: isStreamUsed,
  next: nextOf,
  stop: stopStream,
  release: releaseStream,
} = ReadableStream;
for (const name of ["isOne", "isUsed", "next", "stop", "release"]) delete ReadableStream[name];
hideMethod(ReadableStream.prototype, Symbol.asyncIterator, ReadableStream.prototype.values);
tagged(ReadableStream.prototype, "ReadableStream");

class ReadableStreamDefaultReader {
  #stream;
  constructor(key, stream) {
    if (key !== makingStream) throw new TypeErrorClass("Illegal constructor");
    this.#stream = stream;
  }
  async read() {
    if (this.#stream === undefined) throw new TypeErrorClass("The reader has released its stream");
    return nextOf(this.#stream);
  }
  async cancel(reason) {
    if (this.#stream !== undefined) await stopStream(this.#stream, reason);
  }
  releaseLock() {
    if (this.#stream !== undefined) releaseStream(this.#stream, this);
    this.#stream = undefined;
  }
}
tagged(ReadableStreamDefaultReader.prototype, "ReadableStreamDefaultReader");

async function* iterateStream(reader, stream) {
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await nextOf(stream);
      if (done) {
        isOver = true;
        return;
      }
      yield value;
    }
  } catch (error) {
    isOver = true;
    throw error;
  } finally {
    if (!isOver) await stopStream(stream);
    releaseStream(stream, reader);
  }
}

/** Takes the first of a list; lists of this driver have no methods. */
function takeFirst(list) {
  const first = list[0];
  for (let i = 1; i < list.length; i++) list[i - 1] = list[i];
  list.length -= 1;
  return first;
}

/** The source of a stream that the code feeds through a controller. */
function controlledSource(given) {
  const items = newList();
  const waiting = newList();
  let end;
  const settle = () => {
    while (waiting.length > 0 && (items.length > 0 || end !== undefined)) {
      const { resolve, reject } = takeFirst(waiting);
      if (items.length > 0) resolve({ done: false, value: takeFirst(items) });
      else if (end.hasFailed) reject(end.error);
      else resolve({ done: true, value: undefined });
    }
  };
  const close = (made) => {
    end ??= made;
    settle();
  };
  const controller = {
    get desiredSize() {
      return end === undefined ? 1 - items.length : 0;
    },
    enqueue(item) {
      if (end !== undefined) throw new TypeErrorClass("The stream is closed");
      append(items, item);
      settle();
    },
    close: () => close({ __proto__: null, hasFailed: false }),
    error: (error) => close({ __proto__: null, hasFailed: true, error }),
  };
  const attempt = async (name) => {
    try {
      if (typeof given[name] === "function") await apply(given[name], given, [controller]);
    } catch (error) {
      controller.error(error);
    }
  };
  const begun = attempt("start");
  return {
    __proto__: null,
    async next() {
      await begun;
      if (items.length === 0 && end === undefined) void attempt("pull");
      return new PromiseClass((resolve, reject) => {
        append(waiting, { __proto__: null, resolve, reject });
        settle();
      });
    },
    async stop(reason) {
      items.length = 0;
      controller.close();
      if (typeof given.cancel === "function") await apply(given.cancel, given, [reason]);
    },
  };
}

/** All bytes of a stream. */
async function collectStream(stream) {
  const pieces = newList();
  let length = 0;
  for (;;) {
    const { done, value } = await nextOf(stream);
    if (done) break;
    const bytes = bytesOf(value);
    append(pieces, bytes);
    length += typedArrayLength(bytes);
  }
  const all = new Bytes(length);
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    copyBytes(all, pieces[i], at);
    at += typedArrayLength(pieces[i]);
  }
  return all;
}

/** A stream that gives bytes once. */
function streamOfBytes(bytes) {
  let isGiven = false;
  return new ReadableStreamClass(makingStream, {
    __proto__: null,
    async next() {
      if (isGiven || typedArrayLength(bytes) === 0) return { done: true, value: undefined };
      isGiven = true;
      return { done: false, value: bytes };
    },
    async stop() {
      isGiven = true;
    },
  });
}
