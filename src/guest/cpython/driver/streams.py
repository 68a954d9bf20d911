"""The standard streams of a session, as Python's own are, but for standard error: it keeps the order of what is written."""


def _make_streams(state):
    import _io
    import os
    import sys

    base_exception = BaseException

    def stream(name, descriptor, mode, kind=_io.TextIOWrapper, **options):
        raw = _io.FileIO(descriptor, mode, closefd=False)
        raw.name = name
        writer = UnbufferedWriter if state.unbuffered else _io.BufferedWriter
        buffer = _io.BufferedReader(raw) if mode == "r" else writer(raw)
        text = kind(buffer, encoding="utf-8", write_through=state.unbuffered and mode == "w", **options)
        text.mode = mode
        return text

    class UnbufferedWriter(_io.BufferedWriter):
        """Keeps nothing back, and writes all of it, which a file without a buffer does not promise."""

        def write(self, data):
            count = super().write(data)
            self.flush()
            return count

    class ErrorStream(_io.TextIOWrapper):
        """Keeps the order of what goes to both streams: what was printed before an error comes before it."""

        def write(self, text):
            try:
                state.stdout.flush()
            except Exception:
                pass
            return super().write(text)

    def open_stdin():
        state.stdin = sys.stdin = sys.__stdin__ = stream("<stdin>", 0, "r")

    def open_stdout():
        state.stdout = sys.stdout = sys.__stdout__ = stream("<stdout>", 1, "w", line_buffering=True)

    def open_stderr():
        state.stderr = sys.stderr = sys.__stderr__ = stream(
            "<stderr>", 2, "w", ErrorStream, errors="backslashreplace", line_buffering=True
        )

    def open_stdio():
        open_stdin()
        open_stdout()
        open_stderr()

    def set_unbuffered(unbuffered):
        if unbuffered != state.unbuffered:
            flush()
            state.unbuffered = unbuffered
            if sys.stdout is state.stdout:
                open_stdout()
            if sys.stderr is state.stderr:
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

    return open_stdio, set_unbuffered, renew_stdio, flush, (set_unbuffered, renew_stdio, flush)
