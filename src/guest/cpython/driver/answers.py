"""Puts the answers for the host into frames, and cuts their texts to the limits that the host has set."""


def _make_answers(channel):
    import os

    write, encode, plain, joined = os.write, str.encode, str.__str__, b"".join
    bytes_, len_, sum_, isinstance_ = bytes, len, sum, isinstance
    # Longer than any note.
    note_bytes = 64

    def utf8(text):
        return encode(text, "utf-8", "backslashreplace")

    def fitting(text, most, at_end):
        """As much of a text's start, or end, as has at most `most` bytes: its UTF-8, and its length in characters."""
        count = most
        while True:
            data = utf8(text[-count:] if at_end else text[:count])
            if len_(data) <= most:
                return data, count
            count = count * most // len_(data)

    def clip(text, most):
        """The UTF-8 of a text in at most `most` bytes: what is too much is left out in the middle, which says so."""
        # Not the methods of a class that is derived from `str`.
        text = plain(text)
        if len_(text) <= most:
            data = utf8(text)
            if len_(data) <= most:
                return data
        half = (most - note_bytes) // 2
        start, start_count = fitting(text, half, False)
        end, end_count = fitting(text, half, True)
        left = len_(text) - start_count - end_count
        # The host says it in the same way, where it is the host that cuts.
        return joined((start, utf8(f" … [{left:,} characters left out] … "), end))

    def clip_error(text, reason, most):
        """As `clip`, for a traceback. `reason`, its last lines, is cut by itself, so that its first words stay."""
        if len_(text) <= most and len_(utf8(text)) <= most:
            return utf8(text)
        last = clip(reason, most // 2)
        first = text[: len_(text) - len_(reason)] if text.endswith(reason) else text + "\n"
        return clip(first, most - len_(last)) + last

    def word(number):
        return number.to_bytes(4, "little")

    def frame(answer):
        """The bytes of an answer become the frame's parts, in whose places their indices stand in the head; `parts` are
        those that come behind them."""
        members, parts = [], []
        more = answer.pop("parts", ())
        for name, value in answer.items():
            if isinstance_(value, bytes_):
                members.append(f'"{name}":{len_(parts)}')
                parts.append(value)
            else:
                members.append(f'"{name}":{value}')
        head = utf8("{" + ",".join(members) + "}")
        parts += more
        numbers = joined([word(len_(parts)), *[word(len_(part)) for part in parts]])
        length = len_(numbers) + len_(head) + sum_([len_(part) for part in parts])
        return joined([word(length), numbers, head, *parts])

    def send(data):
        rest = memoryview(data)
        while rest:
            rest = rest[write(channel, rest) :]

    own_functions = (utf8, fitting, clip, clip_error, word, frame, send)
    return clip, clip_error, frame, send, word, own_functions
