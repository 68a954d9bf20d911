// URL and URLSearchParams, by the URL standard. Of the mapping of international names (UTS 46) there is what
// normalisation (NFKC) and lower case give.

const defaultPorts = { __proto__: null, http: 80, https: 443, ws: 80, wss: 443, ftp: 21, file: null };
const isSpecial = (scheme) => hasOwn(defaultPorts, scheme);

/** What is percent-encoded beside controls and what is not ASCII. */
const encodeSets = {
  __proto__: null,
  control: "",
  fragment: ' "<>`',
  query: ' "#<>',
  specialQuery: " \"#<>'",
  path: ' "#<>?^`{}',
  userinfo: ' "#<>?^`{}/:;=@[\\]|',
};
const forbiddenInHost = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const forbiddenInDomain = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;

function percentByte(byte) {
  const digits = toUpperHex(byte);
  return byte < 16 ? "%0" + digits : "%" + digits;
}

function percentEncode(text, set) {
  let encoded = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code >= 0x20 && code < 0x7f && !includes(set, text[i])) continue;
    encoded += slice(text, start, i);
    const units = codePointAt(text, i) > 0xffff ? 2 : 1;
    const bytes = encodeUtf8(slice(text, i, i + units));
    for (let j = 0; j < typedArrayLength(bytes); j++) encoded += percentByte(bytes[j]);
    i += units - 1;
    start = i + 1;
  }
  return encoded + slice(text, start);
}

function hexValue(text) {
  return exec(/^[0-9A-Fa-f]{2}$/, text) === null ? -1 : parseInteger(text, 16);
}

/** The bytes of a text in which `%` and two digits stand for one. */
function percentDecode(text) {
  const bytes = encodeUtf8(text);
  let length = 0;
  for (let i = 0; i < typedArrayLength(bytes); i++) {
    let byte = bytes[i];
    if (byte === 37 && i + 2 < typedArrayLength(bytes)) {
      const value = hexValue(fromCharCode(bytes[i + 1], bytes[i + 2]));
      if (value >= 0) {
        byte = value;
        i += 2;
      }
    }
    bytes[length++] = byte;
  }
  return new Bytes(typedArrayBuffer(bytes), 0, length);
}

function invalidUrl(input, base) {
  const error = codedError(TypeErrorClass, "ERR_INVALID_URL", "Invalid URL");
  setOwn(error, "input", input);
  if (base !== undefined) setOwn(error, "base", base);
  return error;
}

/** A label that is not ASCII, by RFC 3492. */
function punycode(label) {
  const codes = newList();
  let output = "";
  for (let i = 0; i < label.length; i++) {
    const code = codePointAt(label, i);
    if (code > 0xffff) i++;
    append(codes, code);
    if (code < 0x80) output += fromCharCode(code);
  }
  const basic = output.length;
  if (basic > 0) output += "-";
  let next = 128;
  let delta = 0;
  let bias = 72;
  for (let handled = basic; handled < codes.length; ) {
    let least = 0x110000;
    for (let i = 0; i < codes.length; i++) if (codes[i] >= next && codes[i] < least) least = codes[i];
    delta += (least - next) * (handled + 1);
    next = least;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] < next) delta++;
      if (codes[i] !== next) continue;
      let rest = delta;
      for (let k = 36; ; k += 36) {
        const threshold = max(1, min(26, k - bias));
        if (rest < threshold) break;
        output += punycodeDigit(threshold + ((rest - threshold) % (36 - threshold)));
        rest = floor((rest - threshold) / (36 - threshold));
      }
      output += punycodeDigit(rest);
      delta = floor(handled === basic ? delta / 700 : delta / 2);
      delta += floor(delta / (handled + 1));
      let steps = 0;
      for (; delta > 455; steps += 36) delta = floor(delta / 35);
      bias = steps + floor((36 * delta) / (delta + 38));
      delta = 0;
      handled++;
    }
    delta++;
    next++;
  }
  return "xn--" + output;
}

function punycodeDigit(value) {
  return fromCharCode(value < 26 ? 97 + value : 22 + value);
}

/** Undefined if it is no domain. */
function domainToAscii(domain) {
  let ascii = "";
  const mapped = toLowerCase(normalize(replaceIdeographicStops(domain), "NFKC"));
  const labels = splitAt(mapped, ".");
  for (let i = 0; i < labels.length; i++) {
    const label = exec(/[^\0-\x7f]/, labels[i]) === null ? labels[i] : punycode(labels[i]);
    ascii += i === 0 ? label : "." + label;
  }
  return ascii === "" || exec(forbiddenInDomain, ascii) !== null ? undefined : ascii;
}

/** They separate labels too; soft hyphens are left out. */
function replaceIdeographicStops(domain) {
  if (exec(/[\u3002\uff61\u00ad\u200b\u2060\ufeff]/, domain) === null) return domain;
  let text = "";
  for (let i = 0; i < domain.length; i++) {
    if (domain[i] === "\u3002" || domain[i] === "\uff61") text += ".";
    else if (!includes("\u00ad\u200b\u2060\ufeff", domain[i])) text += domain[i];
  }
  return text;
}

/** A number of up to 2^53 in an address of version 4; undefined if it is none. */
function ipv4Number(text) {
  if (text === "") return undefined;
  if (exec(/^0[xX]$/, text) !== null) return 0;
  if (exec(/^0[xX][0-9a-fA-F]+$/, text) !== null) return parseInteger(slice(text, 2), 16);
  if (exec(/^0[0-7]+$/, text) !== null) return parseInteger(text, 8);
  return exec(/^(0|[1-9][0-9]*)$/, text) === null ? undefined : parseInteger(text, 10);
}

/** The host as it is written if its last part is a number; null if it is no such address; undefined if it is wrong. */
function parseIpv4(host) {
  const parts = splitAt(host, ".");
  if (parts.length > 1 && parts[parts.length - 1] === "") parts.length -= 1;
  const last = parts[parts.length - 1];
  if (exec(/^([0-9]+|0[xX][0-9a-fA-F]*)$/, last) === null) return null;
  if (parts.length > 4) return undefined;
  let address = 0;
  for (let i = 0; i < parts.length; i++) {
    const number = ipv4Number(parts[i]);
    const isLast = i === parts.length - 1;
    if (number === undefined || number >= (isLast ? 256 ** (5 - parts.length) : 256)) return undefined;
    address += isLast ? number : number * 256 ** (3 - i);
  }
  return (
    floor(address / 2 ** 24) +
    "." +
    (floor(address / 65536) % 256) +
    "." +
    (floor(address / 256) % 256) +
    "." +
    (address % 256)
  );
}

/** The eight pieces; undefined if it is no address. */
function ipv6Pieces(text) {
  const halves = splitAt(text, "::");
  if (halves.length > 2) return undefined;
  const lists = newList();
  for (let h = 0; h < halves.length; h++) {
    const pieces = newList();
    append(lists, pieces);
    if (halves[h] === "") continue;
    const parts = splitAt(halves[h], ":");
    for (let i = 0; i < parts.length; i++) {
      const isEnd = h === halves.length - 1 && i === parts.length - 1;
      if (isEnd && includes(parts[i], ".")) {
        if (exec(/^(?:(?:0|[1-9][0-9]{0,2})(?:\.|$)){4}$/, parts[i] + "") === null) return undefined;
        const numbers = splitAt(parts[i], ".");
        if (numbers.length !== 4) return undefined;
        for (let j = 0; j < 4; j++) if (toNumber(numbers[j]) > 255) return undefined;
        append(pieces, toNumber(numbers[0]) * 256 + toNumber(numbers[1]));
        append(pieces, toNumber(numbers[2]) * 256 + toNumber(numbers[3]));
      } else if (exec(/^[0-9a-fA-F]{1,4}$/, parts[i]) === null) return undefined;
      else append(pieces, parseInteger(parts[i], 16));
    }
  }
  if (lists.length === 1) return lists[0].length === 8 ? lists[0] : undefined;
  if (lists[0].length + lists[1].length > 7) return undefined;
  const all = lists[0];
  while (all.length + lists[1].length < 8) append(all, 0);
  for (let i = 0; i < lists[1].length; i++) append(all, lists[1][i]);
  return all;
}

function writeIpv6(pieces) {
  let longest = -1;
  let longestLength = 1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - i > longestLength) {
      longest = i;
      longestLength = end - i;
    }
    i = max(end, i + 1);
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === longest) {
      text += i === 0 ? "::" : ":";
      i += longestLength - 1;
      continue;
    }
    text += numberToString(pieces[i], 16) + (i < 7 ? ":" : "");
  }
  return "[" + text + "]";
}

/** Undefined if it is no host. */
function parseHost(text, special) {
  if (startsWith(text, "[")) {
    const pieces = endsWith(text, "]") ? ipv6Pieces(slice(text, 1, -1)) : undefined;
    return pieces === undefined ? undefined : writeIpv6(pieces);
  }
  if (!special)
    return exec(forbiddenInHost, text) === null ? percentEncode(text, encodeSets.control) : undefined;
  const ascii = domainToAscii(decodeUtf8(percentDecode(text), false, false).text);
  if (ascii === undefined) return undefined;
  const address = parseIpv4(ascii);
  return address === null ? ascii : address;
}

const isSlash = (mark, special) => mark === "/" || (special && mark === "\\");
const isDriveLetter = (text) => exec(/^[a-zA-Z][:|]$/, text) !== null;

function pathSegments(text, special) {
  const parts = newList();
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && !isSlash(text[i], special)) continue;
    append(parts, slice(text, start, i));
    start = i + 1;
  }
  return parts;
}

function shortenPath(record) {
  const { path } = record;
  if (record.scheme === "file" && path.length === 1 && exec(/^[a-zA-Z]:$/, path[0]) !== null) return;
  if (path.length > 0) path.length -= 1;
}

/** Adds the parts of a path to what the record has of one. */
function addPath(record, text) {
  const parts = pathSegments(text, isSpecial(record.scheme));
  for (let i = 0; i < parts.length; i++) {
    const isLast = i === parts.length - 1;
    let part = parts[i];
    const plain =
      exec(/^(?:\.|%2[eE]){1,2}$/, part) === null ? 0 : exec(/^(?:\.|%2[eE])$/, part) === null ? 2 : 1;
    if (plain === 2) shortenPath(record);
    if (plain > 0) {
      if (isLast) append(record.path, "");
      continue;
    }
    if (record.scheme === "file" && record.path.length === 0 && isDriveLetter(part)) part = part[0] + ":";
    append(record.path, percentEncode(part, encodeSets.path));
  }
}

function copyList(list) {
  const copy = newList();
  for (let i = 0; i < list.length; i++) append(copy, list[i]);
  return copy;
}

/** The parts of a port: null for the scheme's own; undefined if it is none. */
function parsePort(text, scheme) {
  if (text === "") return null;
  if (exec(/^[0-9]+$/, text) === null || toNumber(text) > 65_535) return undefined;
  return toNumber(text) === defaultPorts[scheme] ? null : toNumber(text);
}

/** Takes user, host and port; false if they are wrong. */
function takeAuthority(record, text) {
  const special = isSpecial(record.scheme);
  const at = lastIndexOf(text, "@");
  if (at >= 0) {
    const user = slice(text, 0, at);
    const colon = indexOf(user, ":");
    record.username = percentEncode(colon < 0 ? user : slice(user, 0, colon), encodeSets.userinfo);
    record.password = colon < 0 ? "" : percentEncode(slice(user, colon + 1), encodeSets.userinfo);
    if (at === text.length - 1) return false;
  }
  return takeHostAndPort(record, slice(text, at + 1), special);
}

function takeHostAndPort(record, text, special) {
  const match = exec(/^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s, text);
  if (match === null || (match[1] === "" && (special || match[2] !== undefined))) return false;
  const host = match[1] === "" ? "" : parseHost(match[1], special);
  const port = parsePort(match[2] ?? "", record.scheme);
  if (host === undefined || port === undefined) return false;
  record.host = host;
  record.port = port;
  return true;
}

/** What is up to the path's beginning, and the rest. */
function authorityEnd(text, special) {
  let end = 0;
  while (end < text.length && !isSlash(text[end], special)) end++;
  return end;
}

function newRecord(scheme) {
  return {
    __proto__: null,
    scheme,
    username: "",
    password: "",
    host: null,
    port: null,
    /** A list; the text itself where it is opaque. */
    path: newList(),
    query: null,
    fragment: null,
  };
}

function trimControls(text) {
  let start = 0;
  let end = text.length;
  while (start < end && charCodeAt(text, start) <= 0x20) start++;
  while (end > start && charCodeAt(text, end - 1) <= 0x20) end--;
  return slice(text, start, end);
}

function withoutLineBreaks(text) {
  if (exec(/[\t\n\r]/, text) === null) return text;
  let kept = "";
  for (let i = 0; i < text.length; i++) if (!includes("\t\n\r", text[i])) kept += text[i];
  return kept;
}

const encodeQuery = (text, scheme) =>
  percentEncode(text, isSpecial(scheme) ? encodeSets.specialQuery : encodeSets.query);

/** The record of an absolute URL, or of one relative to another's record; undefined if it is none. */
function parseUrl(input, base) {
  let rest = withoutLineBreaks(trimControls(toWellFormed(input)));
  const hash = indexOf(rest, "#");
  const fragment = hash < 0 ? null : percentEncode(slice(rest, hash + 1), encodeSets.fragment);
  if (hash >= 0) rest = slice(rest, 0, hash);
  const match = exec(/^([a-zA-Z][a-zA-Z0-9+.-]*):/, rest);
  const own = match === null ? undefined : toLowerCase(match[1]);
  if (own === undefined && base === undefined) return undefined;
  const scheme = own ?? base.scheme;
  if (own !== undefined) rest = slice(rest, match[0].length);
  const record = newRecord(scheme);
  record.fragment = fragment;

  const mark = indexOf(rest, "?");
  const query = mark < 0 ? null : encodeQuery(slice(rest, mark + 1), scheme);
  const path = mark < 0 ? rest : slice(rest, 0, mark);
  record.query = query;

  const special = isSpecial(scheme);
  if (own === undefined && typeof base.path === "string") {
    if (rest !== "" || fragment === null) return undefined;
    record.path = base.path;
    record.query = base.query;
    return record;
  }
  const isRelative = own === undefined || (base !== undefined && special && own === base.scheme);
  if (scheme === "file")
    return takeFile(record, path, base !== undefined && base.scheme === "file" ? base : undefined, mark);
  const slashes = path.length > 1 && isSlash(path[0], special) && isSlash(path[1], special);
  if (slashes || (special && !isRelative)) {
    let from = 0;
    if (special) while (from < path.length && isSlash(path[from], true)) from++;
    else from = 2;
    const text = slice(path, from);
    const end = authorityEnd(text, special);
    if (!takeAuthority(record, slice(text, 0, end))) return undefined;
    if (end < text.length) addPath(record, slice(text, end + 1));
    else if (special) append(record.path, "");
    return record;
  }
  if (!isRelative) {
    if (startsWith(path, "/")) addPath(record, slice(path, 1));
    else record.path = percentEncode(path, encodeSets.control);
    return record;
  }
  takePlace(record, base);
  return takeRelativePath(record, path, base, mark);
}

function takePlace(record, base) {
  record.username = base.username;
  record.password = base.password;
  record.host = base.host;
  record.port = base.port;
}

function takeRelativePath(record, path, base, mark) {
  if (path !== "" && isSlash(path[0], isSpecial(record.scheme))) {
    addPath(record, slice(path, 1));
    return record;
  }
  record.path = copyList(base.path);
  if (path === "") {
    if (mark < 0) record.query = base.query;
    return record;
  }
  shortenPath(record);
  addPath(record, path);
  return record;
}

function takeFile(record, path, base, mark) {
  record.host = "";
  if (path !== "" && isSlash(path[0], true)) {
    if (path.length > 1 && isSlash(path[1], true)) {
      const text = slice(path, 2);
      const end = authorityEnd(text, true);
      const name = slice(text, 0, end);
      // A drive's letter there is a part of the path.
      if (isDriveLetter(name)) {
        addPath(record, text);
        return record;
      }
      const host = name === "" ? "" : parseHost(name, true);
      if (host === undefined) return undefined;
      record.host = host === "localhost" ? "" : host;
      if (end < text.length) addPath(record, slice(text, end + 1));
      else append(record.path, "");
      return record;
    }
    if (base !== undefined) {
      record.host = base.host;
      const drive = base.path.length > 0 && isDriveLetter(base.path[0]) ? base.path[0] : undefined;
      if (drive !== undefined && exec(/^.[a-zA-Z][:|](?:[/\\]|$)/, path) === null) append(record.path, drive);
    }
    addPath(record, slice(path, 1));
    return record;
  }
  if (base === undefined) {
    addPath(record, path);
    return record;
  }
  record.host = base.host;
  if (exec(/^[a-zA-Z][:|](?:[/\\]|$)/, path) === null) return takeRelativePath(record, path, base, mark);
  addPath(record, path);
  return record;
}

function pathOf(record) {
  if (typeof record.path === "string") return record.path;
  let text = "";
  for (let i = 0; i < record.path.length; i++) text += "/" + record.path[i];
  return text;
}

function hostOf(record) {
  if (record.host === null) return "";
  return record.port === null ? record.host : record.host + ":" + record.port;
}

function writeUrl(record) {
  let text = record.scheme + ":";
  if (record.host !== null) {
    text += "//";
    if (record.username !== "" || record.password !== "") {
      text += record.username + (record.password === "" ? "" : ":" + record.password) + "@";
    }
    text += hostOf(record);
  } else if (typeof record.path !== "string" && record.path.length > 1 && record.path[0] === "") text += "/.";
  text += pathOf(record);
  if (record.query !== null) text += "?" + record.query;
  if (record.fragment !== null) text += "#" + record.fragment;
  return text;
}

function originOf(record) {
  if (record.scheme === "blob") {
    const inner = parseUrl(pathOf(record));
    return inner !== undefined && (inner.scheme === "http" || inner.scheme === "https")
      ? originOf(inner)
      : "null";
  }
  if (!isSpecial(record.scheme) || record.scheme === "file") return "null";
  return record.scheme + "://" + hostOf(record);
}

function recordOfUrl(input, base) {
  const text = toText(input);
  let baseRecord;
  if (base !== undefined) {
    baseRecord = parseUrl(toText(base));
    if (baseRecord === undefined) throw invalidUrl(text, toText(base));
  }
  const record = parseUrl(text, baseRecord);
  if (record === undefined) throw invalidUrl(text, base === undefined ? undefined : toText(base));
  return record;
}

const hasNoPlace = (record) => record.host === null || record.host === "" || record.scheme === "file";

class URL {
  #record;
  #params;
  constructor(input, base) {
    this.#record = recordOfUrl(input, base);
  }
  static canParse(input, base) {
    return URLClass.parse(input, base) !== null;
  }
  static parse(input, base) {
    try {
      return new URLClass(input, base);
    } catch {
      return null;
    }
  }
  static recordOf(value) {
    return isObject(value) && !isProxy(value) && #record in value ? value.#record : undefined;
  }
  static create(record) {
    const url = new URLClass("a:");
    url.#record = record;
    return url;
  }
  #changeQuery(query) {
    this.#record.query = query;
    if (this.#params !== undefined) setPairs(this.#params, parseQuery(query ?? ""));
  }
  get href() {
    return writeUrl(this.#record);
  }
  set href(value) {
    this.#record = recordOfUrl(value);
    this.#changeQuery(this.#record.query);
  }
  get origin() {
    return originOf(this.#record);
  }
  get protocol() {
    return this.#record.scheme + ":";
  }
  set protocol(value) {
    const match = exec(/^([a-zA-Z][a-zA-Z0-9+.-]*):?/, toText(value));
    const record = this.#record;
    if (match === null) return;
    const scheme = toLowerCase(match[1]);
    if (isSpecial(scheme) !== isSpecial(record.scheme)) return;
    const hasPlace = record.username !== "" || record.password !== "" || record.port !== null;
    if ((scheme === "file" && hasPlace) || (record.scheme === "file" && record.host === "")) return;
    record.scheme = scheme;
    if (record.port === defaultPorts[scheme]) record.port = null;
  }
  get username() {
    return this.#record.username;
  }
  set username(value) {
    if (!hasNoPlace(this.#record))
      this.#record.username = percentEncode(toWellFormed(toText(value)), encodeSets.userinfo);
  }
  get password() {
    return this.#record.password;
  }
  set password(value) {
    if (!hasNoPlace(this.#record))
      this.#record.password = percentEncode(toWellFormed(toText(value)), encodeSets.userinfo);
  }
  get host() {
    return hostOf(this.#record);
  }
  set host(value) {
    this.#changeHost(toText(value), true);
  }
  get hostname() {
    return this.#record.host ?? "";
  }
  set hostname(value) {
    this.#changeHost(toText(value), false);
  }
  #changeHost(value, withPort) {
    const record = this.#record;
    if (typeof record.path === "string") return;
    const special = isSpecial(record.scheme);
    const text = withoutLineBreaks(toWellFormed(value));
    let end = 0;
    while (end < text.length && !isSlash(text[end], special) && text[end] !== "?" && text[end] !== "#") end++;
    const name = slice(text, 0, end);
    if (record.scheme === "file" && includes(name, ":") && !startsWith(name, "[")) return;
    const match = exec(/^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?/, name);
    if (match === null || (match[1] === "" && (special || match[2] !== undefined))) return;
    if (match[2] !== undefined && !withPort) return;
    const host = match[1] === "" ? "" : parseHost(match[1], special);
    if (host === undefined) return;
    record.host = record.scheme === "file" && host === "localhost" ? "" : host;
    const port = match[2] === undefined || match[2] === "" ? undefined : parsePort(match[2], record.scheme);
    if (port !== undefined && record.scheme !== "file") record.port = port;
  }
  get port() {
    return this.#record.port === null ? "" : "" + this.#record.port;
  }
  set port(value) {
    const record = this.#record;
    if (hasNoPlace(record)) return;
    const text = withoutLineBreaks(toText(value));
    const match = exec(/^[0-9]*/, text);
    if (text !== "" && match[0] === "") return;
    const port = parsePort(match[0], record.scheme);
    if (port !== undefined) record.port = port;
  }
  get pathname() {
    return pathOf(this.#record);
  }
  set pathname(value) {
    const record = this.#record;
    if (typeof record.path === "string") return;
    const text = withoutLineBreaks(toWellFormed(toText(value)));
    record.path = newList();
    if (text === "" && !isSpecial(record.scheme)) return;
    addPath(record, text !== "" && isSlash(text[0], isSpecial(record.scheme)) ? slice(text, 1) : text);
    for (let i = 0; i < record.path.length; i++) record.path[i] = percentEncode(record.path[i], "#?");
  }
  get search() {
    const { query } = this.#record;
    return query === null || query === "" ? "" : "?" + query;
  }
  set search(value) {
    const text = withoutLineBreaks(toWellFormed(toText(value)));
    if (text === "") return this.#changeQuery(null);
    this.#changeQuery(encodeQuery(startsWith(text, "?") ? slice(text, 1) : text, this.#record.scheme));
  }
  get searchParams() {
    this.#params ??= createParams(this.#record.query ?? "", (query) => {
      this.#record.query = query === "" ? null : query;
    });
    return this.#params;
  }
  get hash() {
    const { fragment } = this.#record;
    return fragment === null || fragment === "" ? "" : "#" + fragment;
  }
  set hash(value) {
    const text = withoutLineBreaks(toWellFormed(toText(value)));
    const rest = startsWith(text, "#") ? slice(text, 1) : text;
    this.#record.fragment = text === "" ? null : percentEncode(rest, encodeSets.fragment);
  }
  toString() {
    return writeUrl(this.#record);
  }
  toJSON() {
    return writeUrl(this.#record);
  }
}
const URLClass = URL;
const urlRecordOf = URL.recordOf;
const createUrl = URL.create;
delete URL.recordOf;
delete URL.create;
const urlKeys = "href origin protocol username password host hostname port pathname search searchParams hash";

function parseQuery(text) {
  const pairs = newList();
  const parts = splitAt(text, "&");
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === "") continue;
    const at = indexOf(parts[i], "=");
    const name = at < 0 ? parts[i] : slice(parts[i], 0, at);
    append(pairs, {
      __proto__: null,
      name: formDecode(name),
      value: at < 0 ? "" : formDecode(slice(parts[i], at + 1)),
    });
  }
  return pairs;
}

function formDecode(text) {
  const spaced = join(splitAt(text, "+"), " ");
  return includes(spaced, "%") ? decodeUtf8(percentDecode(spaced), false, false).text : toWellFormed(spaced);
}

function formEncode(text) {
  const bytes = encodeUtf8(text);
  let encoded = "";
  for (let i = 0; i < typedArrayLength(bytes); i++) {
    const byte = bytes[i];
    const plain =
      (byte >= 48 && byte <= 57) ||
      (byte >= 65 && byte <= 90) ||
      (byte >= 97 && byte <= 122) ||
      byte === 42 ||
      byte === 45 ||
      byte === 46 ||
      byte === 95;
    encoded += byte === 32 ? "+" : plain ? fromCharCode(byte) : percentByte(byte);
  }
  return encoded;
}

function writeQuery(pairs) {
  let text = "";
  for (let i = 0; i < pairs.length; i++) {
    if (i > 0) text += "&";
    text += formEncode(pairs[i].name) + "=" + formEncode(pairs[i].value);
  }
  return text;
}

const wellFormedText = (value) => toWellFormed(toText(value));

/** The pairs of what a `URLSearchParams` is made from: text, another one, pairs, or an object. */
function pairsOf(init) {
  if (!isObject(init)) {
    const text = init === undefined ? "" : wellFormedText(init);
    return parseQuery(startsWith(text, "?") ? slice(text, 1) : text);
  }
  const others = paramsPairsOf(init);
  const pairs = newList();
  const add = (name, value) =>
    append(pairs, { __proto__: null, name: wellFormedText(name), value: wellFormedText(value) });
  if (others !== undefined) {
    for (let i = 0; i < others.length; i++) add(others[i].name, others[i].value);
  } else if (typeof init[iteratorSymbol] === "function") {
    // The user's own iterators may run, as everywhere where the language iterates.
    for (const pair of init) {
      const parts = newList();
      if (isObject(pair)) for (const part of pair) append(parts, part);
      if (parts.length !== 2) {
        throw codedError(
          TypeErrorClass,
          "ERR_INVALID_TUPLE",
          "Each query pair must be an iterable [name, value] tuple",
        );
      }
      add(parts[0], parts[1]);
    }
  } else {
    const keys = objectKeys(init);
    for (let i = 0; i < keys.length; i++) add(keys[i], init[keys[i]]);
  }
  return pairs;
}

class URLSearchParams {
  #pairs;
  #changed;
  constructor(init) {
    this.#pairs = pairsOf(init);
  }
  static pairsOf(value) {
    return isObject(value) && !isProxy(value) && #pairs in value ? value.#pairs : undefined;
  }
  static setPairs(params, pairs) {
    params.#pairs = pairs;
  }
  static create(query, changed) {
    const params = new URLSearchParamsClass();
    params.#pairs = parseQuery(query);
    params.#changed = changed;
    return params;
  }
  #update(pairs) {
    this.#pairs = pairs;
    this.#changed?.(writeQuery(pairs));
  }
  get size() {
    return this.#pairs.length;
  }
  append(name, value) {
    const pair = { __proto__: null, name: wellFormedText(name), value: wellFormedText(value) };
    append(this.#pairs, pair);
    this.#update(this.#pairs);
  }
  delete(name, value) {
    this.#update(
      this.#without(wellFormedText(name), value === undefined ? undefined : wellFormedText(value)),
    );
  }
  #without(name, value) {
    const kept = newList();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i];
      if (pair.name !== name || (value !== undefined && pair.value !== value)) append(kept, pair);
    }
    return kept;
  }
  get(name) {
    const wanted = wellFormedText(name);
    for (let i = 0; i < this.#pairs.length; i++)
      if (this.#pairs[i].name === wanted) return this.#pairs[i].value;
    return null;
  }
  getAll(name) {
    const wanted = wellFormedText(name);
    const values = newList();
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i].name === wanted) append(values, this.#pairs[i].value);
    }
    return handOut(values);
  }
  has(name, value) {
    const rest = this.#without(wellFormedText(name), value === undefined ? undefined : wellFormedText(value));
    return rest.length < this.#pairs.length;
  }
  set(name, value) {
    const wanted = wellFormedText(name);
    const kept = newList();
    let isSet = false;
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i].name !== wanted) append(kept, this.#pairs[i]);
      else if (!isSet) {
        append(kept, { __proto__: null, name: wanted, value: wellFormedText(value) });
        isSet = true;
      }
    }
    if (!isSet) append(kept, { __proto__: null, name: wanted, value: wellFormedText(value) });
    this.#update(kept);
  }
  sort() {
    this.#update(sortPairs(this.#pairs));
  }
  toString() {
    return writeQuery(this.#pairs);
  }
  forEach(callback, thisValue) {
    for (let i = 0; i < this.#pairs.length; i++) {
      const { name, value } = this.#pairs[i];
      apply(callback, thisValue, [value, name, this]);
    }
  }
  *entries() {
    for (let i = 0; i < this.#pairs.length; i++) yield [this.#pairs[i].name, this.#pairs[i].value];
  }
  *keys() {
    for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i].name;
  }
  *values() {
    for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i].value;
  }
}
const URLSearchParamsClass = URLSearchParams;
const paramsPairsOf = URLSearchParams.pairsOf;
const { setPairs, create: createParams } = URLSearchParams;
delete URLSearchParams.pairsOf;
delete URLSearchParams.setPairs;
delete URLSearchParams.create;
hideMethod(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);

/** A stable merge sort by names. */
function sortPairs(pairs) {
  if (pairs.length < 2) return pairs;
  const middle = floor(pairs.length / 2);
  const halves = [newList(), newList()];
  for (let i = 0; i < pairs.length; i++) append(halves[i < middle ? 0 : 1], pairs[i]);
  const left = sortPairs(halves[0]);
  const right = sortPairs(halves[1]);
  const sorted = newList();
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    if (j >= right.length || (i < left.length && left[i].name <= right[j].name)) append(sorted, left[i++]);
    else append(sorted, right[j++]);
  }
  return sorted;
}

function makeEnumerable(prototype, names) {
  for (let i = 0; i < names.length; i++) {
    const own = getOwnPropertyDescriptor(prototype, names[i]);
    if (own !== undefined) defineProperty(prototype, names[i], { __proto__: null, ...own, enumerable: true });
  }
}
makeEnumerable(URL.prototype, splitAt(urlKeys, " "));
tagged(URL.prototype, "URL");
tagged(URLSearchParams.prototype, "URLSearchParams");

function fileRecord(path) {
  const text = pathText(path, "path");
  const absolute = pathModule.resolve(text) + (endsWith(text, "/") && text !== "/" ? "/" : "");
  return parseUrl("file://" + percentEncode(absolute, "%\\?#\t\n\r"));
}

function pathToFileURL(path) {
  return createUrl(fileRecord(path));
}

function fileURLToPath(url) {
  const record = urlRecordOf(url) ?? recordOfUrl(url);
  if (record.scheme !== "file") {
    throw codedError(TypeErrorClass, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  }
  if (record.host !== "") {
    throw codedError(TypeErrorClass, "ERR_INVALID_FILE_URL_HOST", "File URL host must be empty");
  }
  return decodeUtf8(percentDecode(pathOf(record)), false, false).text;
}

const urlModule = { URL, URLSearchParams, fileURLToPath, pathToFileURL };
