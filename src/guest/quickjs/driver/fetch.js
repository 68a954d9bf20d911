// fetch, with Headers, Request and Response. The host does the requests; bodies come from it piece by piece.

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const trimmedValue = /^[\t\n\r ]*([\s\S]*?)[\t\n\r ]*$/;

function headerNameOf(name) {
  const text = toText(name);
  if (exec(headerName, text) === null) throw new TypeErrorClass(stringifyJson(text) + " is no header name");
  return toLowerCase(text);
}

function headerValueOf(value) {
  const text = exec(trimmedValue, toText(value))[1];
  if (exec(/[\0\r\n]|[^\0-\xff]/, text) !== null)
    throw new TypeErrorClass("A header's value has a character that none may have");
  return text;
}

class Headers {
  #list = newList();
  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    if (!isObject(init)) throw new TypeErrorClass("Headers are made from an object, or from pairs");
    if (isHeaders(init)) {
      for (let i = 0; i < init.#list.length; i++) append(this.#list, init.#list[i]);
    } else if (init[iteratorSymbol] !== undefined) {
      for (const pair of init) {
        if (!isObject(pair) || pair.length !== 2)
          throw new TypeErrorClass("A header is a pair of name and value");
        this.append(pair[0], pair[1]);
      }
    } else {
      const names = objectKeys(init);
      for (let i = 0; i < names.length; i++) this.append(names[i], init[names[i]]);
    }
  }
  static isOne(value) {
    return isObject(value) && !isProxy(value) && #list in value;
  }
  static listOf(headers) {
    return headers.#list;
  }
  append(name, value) {
    append(this.#list, { __proto__: null, name: headerNameOf(name), value: headerValueOf(value) });
  }
  delete(name) {
    const wanted = headerNameOf(name);
    const kept = newList();
    for (let i = 0; i < this.#list.length; i++)
      if (this.#list[i].name !== wanted) append(kept, this.#list[i]);
    this.#list = kept;
  }
  get(name) {
    return joinedHeader(this.#list, headerNameOf(name));
  }
  getSetCookie() {
    const values = newList();
    for (let i = 0; i < this.#list.length; i++) {
      if (this.#list[i].name === "set-cookie") append(values, this.#list[i].value);
    }
    return handOut(values);
  }
  has(name) {
    return joinedHeader(this.#list, headerNameOf(name)) !== null;
  }
  set(name, value) {
    const own = { __proto__: null, name: headerNameOf(name), value: headerValueOf(value) };
    const kept = newList();
    for (let i = 0; i < this.#list.length; i++)
      if (this.#list[i].name !== own.name) append(kept, this.#list[i]);
    append(kept, own);
    this.#list = kept;
  }
  forEach(callback, thisValue) {
    const pairs = sortedHeaders(this.#list);
    for (let i = 0; i < pairs.length; i++) apply(callback, thisValue, [pairs[i].value, pairs[i].name, this]);
  }
  *entries() {
    const pairs = sortedHeaders(this.#list);
    for (let i = 0; i < pairs.length; i++) yield [pairs[i].name, pairs[i].value];
  }
  *keys() {
    const pairs = sortedHeaders(this.#list);
    for (let i = 0; i < pairs.length; i++) yield pairs[i].name;
  }
  *values() {
    const pairs = sortedHeaders(this.#list);
    for (let i = 0; i < pairs.length; i++) yield pairs[i].value;
  }
}
const HeadersClass = Headers;
const isHeaders = Headers.isOne;
const headerList = Headers.listOf;
delete Headers.isOne;
delete Headers.listOf;
hideMethod(Headers.prototype, iteratorSymbol, Headers.prototype.entries);
tagged(Headers.prototype, "Headers");

function joinedHeader(list, name) {
  let joined = null;
  for (let i = 0; i < list.length; i++) {
    if (list[i].name === name) joined = joined === null ? list[i].value : joined + ", " + list[i].value;
  }
  return joined;
}

/** By name, those of one name joined, but for cookies. */
function sortedHeaders(list) {
  const pairs = newList();
  const seen = { __proto__: null };
  for (let i = 0; i < list.length; i++) {
    const { name } = list[i];
    if (name === "set-cookie") append(pairs, list[i]);
    else if (!hasOwn(seen, name)) {
      seen[name] = true;
      append(pairs, { __proto__: null, name, value: joinedHeader(list, name) });
    }
  }
  return sortPairs(pairs);
}

/** What a body is made from: bytes or a stream, and its type. */
function bodyFrom(given) {
  const made = { __proto__: null, stream: null, bytes: undefined, type: undefined };
  if (given === undefined || given === null) return made;
  if (isStream(given)) {
    if (isStreamUsed(given)) throw new TypeErrorClass("The body's stream has been used");
    made.stream = given;
    return made;
  }
  const kind = isObject(given) && !isProxy(given) ? host(operations.classOf, given) : undefined;
  if (
    kind === "ArrayBuffer" ||
    kind === "DataView" ||
    (kind !== undefined && typedArrayTag(given) !== undefined)
  ) {
    made.bytes = copyOf(bytesOf(given));
  } else {
    const isForm = isObject(given) && paramsPairsOf(given) !== undefined;
    made.bytes = encodeUtf8(toText(given));
    made.type = isForm ? "application/x-www-form-urlencoded;charset=UTF-8" : "text/plain;charset=UTF-8";
  }
  made.stream = streamOfBytes(made.bytes);
  return made;
}

/** What Request and Response have in common. */
class Body {
  #body;
  constructor(body) {
    this.#body = body;
  }
  static bodyOf(holder) {
    return holder.#body;
  }
  get body() {
    return this.#body.stream;
  }
  get bodyUsed() {
    return this.#body.stream !== null && isStreamUsed(this.#body.stream);
  }
  async bytes() {
    return collectBody(this);
  }
  async arrayBuffer() {
    return typedArrayBuffer(copyOf(await collectBody(this)));
  }
  async text() {
    const { text } = decodeUtf8(await collectBody(this), false, false);
    return charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text;
  }
  async json() {
    const { text } = decodeUtf8(await collectBody(this), false, false);
    return parseJson(charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text);
  }
}
const bodyOf = Body.bodyOf;
delete Body.bodyOf;

async function collectBody(holder) {
  const { stream } = bodyOf(holder);
  if (stream === null) return new Bytes(0);
  if (isStreamUsed(stream)) throw new TypeErrorClass("Body has already been used");
  return collectStream(stream);
}

/** A second body of the same content; both can be read. */
function copyBody(holder) {
  const body = bodyOf(holder);
  if (body.stream === null) return { ...body, __proto__: null };
  if (isStreamUsed(body.stream)) throw new TypeErrorClass("Body has already been used");
  const branches = body.stream.tee();
  body.stream = branches[0];
  return { ...body, __proto__: null, stream: branches[1] };
}

const normalMethod = /^(delete|get|head|options|post|put)$/i;
const forbiddenMethod = /^(connect|trace|track)$/i;

class Request extends Body {
  #url;
  #method;
  #headers;
  #signal;
  #redirect;
  constructor(input, init = undefined) {
    const from = isRequest(input) ? input : undefined;
    const options = isObject(init) ? init : { __proto__: null };
    const url = from === undefined ? new URL(toText(input)).href : from.#url;
    const wanted =
      options.method === undefined ? (from === undefined ? "GET" : from.#method) : toText(options.method);
    if (exec(headerName, wanted) === null || exec(forbiddenMethod, wanted) !== null) {
      throw new TypeErrorClass(stringifyJson(wanted) + " is no method that can be used");
    }
    const method = exec(normalMethod, wanted) === null ? wanted : toUpperAscii(wanted);
    const isOwn = options.body !== undefined && options.body !== null;
    const body = isOwn || from === undefined ? bodyFrom(options.body) : copyBody(from);
    if (body.stream !== null && (method === "GET" || method === "HEAD")) {
      throw new TypeErrorClass("Request with GET/HEAD method cannot have body.");
    }
    super(body);
    this.#url = url;
    this.#method = method;
    this.#headers = new HeadersClass(options.headers ?? (from === undefined ? undefined : from.#headers));
    if (body.type !== undefined && !this.#headers.has("content-type"))
      this.#headers.set("content-type", body.type);
    const signal = options.signal === undefined && from !== undefined ? from.#signal : options.signal;
    if (signal !== undefined && signal !== null && !isSignal(signal))
      throw new TypeErrorClass("signal must be an AbortSignal");
    this.#signal = signal ?? new AbortSignalClass(makingSignal);
    this.#redirect =
      options.redirect === undefined
        ? from === undefined
          ? "follow"
          : from.#redirect
        : toText(options.redirect);
    if (exec(/^(follow|error|manual)$/, this.#redirect) === null)
      throw new TypeErrorClass("redirect must be follow, error or manual");
  }
  static isOne(value) {
    return isObject(value) && !isProxy(value) && #url in value;
  }
  static partsOf(request) {
    return {
      __proto__: null,
      url: request.#url,
      method: request.#method,
      headers: request.#headers,
      signal: request.#signal,
      redirect: request.#redirect,
    };
  }
  get url() {
    return this.#url;
  }
  get method() {
    return this.#method;
  }
  get headers() {
    return this.#headers;
  }
  get signal() {
    return this.#signal;
  }
  get redirect() {
    return this.#redirect;
  }
  clone() {
    return new RequestClass(this);
  }
}
const RequestClass = Request;
const isRequest = Request.isOne;
const requestParts = Request.partsOf;
delete Request.isOne;
delete Request.partsOf;
tagged(Request.prototype, "Request");

function toUpperAscii(text) {
  let upper = "";
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    upper += fromCharCode(code >= 0x61 && code <= 0x7a ? code - 32 : code);
  }
  return upper;
}

const makingResponse = freeze({ __proto__: null });

class Response extends Body {
  #answer;
  constructor(body = null, init = undefined, own = undefined) {
    if (body === makingResponse) {
      super(init);
      this.#answer = own;
      return;
    }
    const options = isObject(init) ? init : { __proto__: null };
    const status = options.status === undefined ? 200 : toNumber(options.status);
    if (!(status >= 200 && status <= 599 && trunc(status) === status)) {
      throw new RangeErrorClass("The status must be a whole number from 200 to 599");
    }
    const made = bodyFrom(body);
    super(made);
    const headers = new HeadersClass(options.headers);
    if (made.type !== undefined && !headers.has("content-type")) headers.set("content-type", made.type);
    const statusText = options.statusText === undefined ? "" : toText(options.statusText);
    this.#answer = {
      __proto__: null,
      status,
      statusText,
      headers,
      url: "",
      redirected: false,
      type: "default",
    };
  }
  static json(data, init = undefined) {
    const headers = new HeadersClass(isObject(init) ? init.headers : undefined);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new ResponseClass(stringifyJson(data), { ...init, headers });
  }
  get status() {
    return this.#answer.status;
  }
  get statusText() {
    return this.#answer.statusText;
  }
  get ok() {
    return this.#answer.status >= 200 && this.#answer.status <= 299;
  }
  get headers() {
    return this.#answer.headers;
  }
  get url() {
    return this.#answer.url;
  }
  get redirected() {
    return this.#answer.redirected;
  }
  get type() {
    return this.#answer.type;
  }
  clone() {
    const headers = new HeadersClass(this.#answer.headers);
    return new ResponseClass(makingResponse, copyBody(this), { ...this.#answer, __proto__: null, headers });
  }
}
const ResponseClass = Response;
tagged(Response.prototype, "Response");

const noNetwork =
  "this program was given no network: --allow-net HOST[:PORT] gives it (in the library, network: { allow: [...] })";

function networkError(reason) {
  const text = reason === undefined ? noNetwork : ownValue(reason, "message");
  const error = new TypeErrorClass("fetch failed: " + toText(text));
  if (reason !== undefined) hideMethod(error, "cause", reason);
  return error;
}

/** Asks the host for something in the network. What `signal` says of it goes before its answer. */
function askNetwork(operation, given, signal) {
  const args = newList();
  append(args, given);
  return new PromiseClass((resolve, reject) => {
    let forget = () => {};
    const fail = (error) => {
      forget();
      reject(networkError(error));
    };
    let call;
    try {
      call = beginCall(
        '"net:' + operation + '"',
        args,
        (value) => {
          forget();
          resolve(value);
        },
        fail,
      );
    } catch {
      // There is nobody to ask.
      fail(undefined);
      return;
    }
    if (signal === undefined) return;
    forget = onAbort(signal, (reason) => {
      if (call.isSettled) return;
      host(operations.cancel, call.id);
      mapDelete(pendingCalls, call.id);
      call.isSettled = true;
      reject(reason);
    });
  });
}

async function fetch(input, init = undefined) {
  const request = new RequestClass(input, init);
  const { url, method, headers, signal, redirect } = requestParts(request);
  if (signalAborted(signal)) throw signalReason(signal);
  const { stream } = bodyOf(request);
  const body = stream === null ? undefined : await collectStream(stream);
  const pairs = newList();
  const list = headerList(headers);
  for (let i = 0; i < list.length; i++) {
    const pair = newList();
    append(pair, list[i].name);
    append(pair, list[i].value);
    append(pairs, pair);
  }
  const answer = await askNetwork(
    "fetch",
    { __proto__: null, url, method, headers: pairs, body, redirect },
    signal,
  );
  const answered = new HeadersClass();
  for (let i = 0; i < answer.headers.length; i++) answered.append(answer.headers[i][0], answer.headers[i][1]);
  return new ResponseClass(
    makingResponse,
    { __proto__: null, stream: streamOfNetwork(answer.id, signal), bytes: undefined, type: undefined },
    {
      __proto__: null,
      status: answer.status,
      statusText: answer.statusText,
      headers: answered,
      url: answer.url,
      redirected: answer.redirected,
      type: "basic",
    },
  );
}

function streamOfNetwork(id, signal) {
  let isOver = false;
  const close = async () => {
    if (isOver) return;
    isOver = true;
    await askNetwork("close", { __proto__: null, id });
  };
  return new ReadableStreamClass(makingStream, {
    __proto__: null,
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        const value = await askNetwork("receive", { __proto__: null, id }, signal);
        if (value !== null) return { done: false, value };
        isOver = true;
        return { done: true, value: undefined };
      } catch (error) {
        await close();
        throw error;
      }
    },
    stop: close,
  });
}
