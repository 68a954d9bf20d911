"""The standard streams of a session, as Python's own are, but for standard error: it keeps the order of what is written."""


def _make_streams(state):
    import _io
    import os
    import sys

    base_exception = BaseException

    def open_stdio():
        def stream(descriptor, mode, **options):
            raw = _io.FileIO(descriptor, mode, closefd=False)
            buffer = _io.BufferedReader(raw) if mode == "r" else _io.BufferedWriter(raw)
            text = _io.TextIOWrapper(buffer, encoding="utf-8", **options)
            text.mode = mode
            return text

        class ErrorStream(_io.TextIOWrapper):
            """Keeps the order of what goes to both streams: what was printed before an error comes before it."""

            def write(self, text):
                try:
                    out.flush()
                except Exception:
                    pass
                return super().write(text)

        state.stdin = sys.stdin = sys.__stdin__ = stream(0, "r")
        out = sys.stdout = sys.__stdout__ = stream(1, "w", line_buffering=True)
        raw_error = _io.BufferedWriter(_io.FileIO(2, "w", closefd=False))
        sys.stderr = sys.__stderr__ = ErrorStream(
            raw_error, encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        sys.stderr.mode = "w"

    def renew_stdin():
        if sys.stdin is state.stdin:
            state.stdin = sys.stdin = sys.__stdin__ = _io.TextIOWrapper(
                _io.BufferedReader(_io.FileIO(0, "r", closefd=False)), encoding="utf-8"
            )
            state.stdin.mode = "r"

    def flush():
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except base_exception:
                discard(stream)

    def discard(stream):
        """Empties a stream whose output is refused; the next cell would write it otherwise."""
        try:
            descriptor = stream.fileno()
            kept, nowhere = os.dup(descriptor), os.open("/dev/null", os.O_WRONLY)
        except base_exception:
            return
        try:
            os.dup2(nowhere, descriptor)
            stream.flush()
        except base_exception:
            pass
        finally:
            os.dup2(kept, descriptor)
            os.close(kept)
            os.close(nowhere)

    return open_stdio, renew_stdin, flush, (flush,)
