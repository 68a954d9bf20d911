"""The standard streams of a session, as Python's own are, but for standard error: it keeps the order of what is written."""


def _make_streams(state):
    import _io
    import os
    import sys

    base_exception = BaseException

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
                state.stdout.flush()
            except Exception:
                pass
            return super().write(text)

    def open_stdin():
        state.stdin = sys.stdin = sys.__stdin__ = stream(0, "r")

    def open_stdout():
        state.stdout = sys.stdout = sys.__stdout__ = stream(1, "w", line_buffering=True)

    def open_stderr():
        raw_error = _io.BufferedWriter(_io.FileIO(2, "w", closefd=False))
        state.stderr = sys.stderr = sys.__stderr__ = ErrorStream(
            raw_error, encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        sys.stderr.mode = "w"

    def open_stdio():
        open_stdin()
        open_stdout()
        open_stderr()

    def is_open(stream):
        try:
            return not stream.closed
        except base_exception:
            # Its buffer was taken from it.
            return False

    def renew_stdio(stdin_given):
        """What one cell closes (`exit()` does it to the input, as in CPython) is there for the next; not what code has
        put in the place of a stream."""
        if sys.stdin is state.stdin and (stdin_given or state.stdin_given or not is_open(state.stdin)):
            open_stdin()
        state.stdin_given = stdin_given
        if sys.stdout is state.stdout and not is_open(state.stdout):
            open_stdout()
        if sys.stderr is state.stderr and not is_open(state.stderr):
            open_stderr()

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

    return open_stdio, renew_stdio, flush, (renew_stdio, flush)
