"""Values on their way between guest and host: JSON, and bytes beside it."""


def _make_crossing(state):
    from json.decoder import JSONDecoder
    from json.encoder import JSONEncoder

    bool_, int_, float_, str_, bytes_, list_, dict_ = bool, int, float, str, bytes, list, dict
    bytearray_, memoryview_, tuple_ = bytearray, memoryview, tuple
    type_, len_, sum_, isinstance_, issubclass_ = type, len, sum, isinstance, issubclass
    type_error, value_error, overflow_error, recursion_error = TypeError, ValueError, OverflowError, RecursionError
    encode_json = JSONEncoder(check_circular=False, separators=(",", ":")).encode
    decode_json = JSONDecoder().decode
    infinity = float("inf")
    # What JavaScript can count exactly.
    greatest = 2**53
    deepest = 200
    most_parts = 10_000
    marks = ("$bytes", "$object")

    def encode(value):
        """The JSON of a value as bytes, and the bytes in it. What would not come back as it is raises."""
        parts = []
        data = encode_json(to_plain(value, parts, 0)).encode()
        size = len_(data) + sum_([len_(part) for part in parts])
        if size > state.most_call_bytes:
            raise value_error(f"a value of {size} bytes cannot cross; {state.most_call_bytes} are allowed")
        return data, parts

    def to_plain(value, parts, depth):
        kind = type_(value)
        if value is None or kind is bool_ or kind is str_:
            return value
        if kind is int_:
            if -greatest <= value <= greatest:
                return value
            raise overflow_error("an integer beyond 2**53 cannot cross; give it as a string")
        if kind is float_:
            if value == value and value not in (infinity, -infinity):
                return value
            raise value_error(f"the number {value} cannot cross")
        if depth > deepest:
            raise recursion_error(f"a value that is nested deeper than {deepest}, or contains itself, cannot cross")
        if kind is list_ or kind is tuple_:
            return [to_plain(item, parts, depth + 1) for item in value]
        if kind is dict_:
            plain = {}
            for name, item in value.items():
                if not isinstance_(name, str_):
                    raise type_error(f"a dict with a key that is {describe(name)} cannot cross; keys are strings")
                plain[str_(name)] = to_plain(item, parts, depth + 1)
            if len_(plain) == 1 and next(iter(plain)) in marks:
                return {"$object": plain}
            return plain
        if kind is bytes_ or kind is bytearray_ or kind is memoryview_:
            if len_(parts) == most_parts:
                raise value_error(f"more than {most_parts} values of bytes cannot cross together")
            parts.append(bytes_(value))
            return {"$bytes": len_(parts) - 1}
        for base in (str_, bool_, int_, float_, list_, tuple_, dict_, bytes_, bytearray_):
            if issubclass_(kind, base):
                return to_plain(base(value), parts, depth)
        raise type_error(f"{describe(value)} cannot cross between guest and host")

    def describe(value):
        name = type_(value).__name__
        return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"

    def decode(text, parts):
        value = decode_json(text)
        return revive(value, parts) if parts or "$object" in text else value

    def revive(value, parts):
        kind = type_(value)
        if kind is list_:
            for index, item in enumerate(value):
                if type_(item) in (list_, dict_):
                    value[index] = revive(item, parts)
        elif kind is dict_:
            if len_(value) == 1:
                if "$bytes" in value:
                    return parts[value["$bytes"]]
                if "$object" in value:
                    value = value["$object"]
            for name, item in value.items():
                if type_(item) in (list_, dict_):
                    value[name] = revive(item, parts)
        return value

    return encode, decode
