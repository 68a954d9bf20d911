"""`time.sleep` and `select.select` that have the host wait, and can be interrupted."""


def _make_waits():
    import operator
    import select
    import signal
    import sys
    import time
    import types

    min_, max_, isinstance_, float_ = min, max, isinstance, float
    native_sleep, native_select, poll = time.sleep, select.select, getattr(select, "poll", None)
    index, monotonic, raise_signal, interrupt = operator.index, time.monotonic, signal.raise_signal, signal.SIGINT
    # Below this the C library's busy waiting is more exact; from the other on it refuses the time.
    shortest_wait, longest_sleep = 0.002, 9223372036.854775

    def sleep(module, seconds, /):
        """Delay execution for a given number of seconds.  The argument may be a floating-point number for
        subsecond precision."""
        # The C library waits by reading the clock over and over; `poll` has the host wait, and can be interrupted.
        try:
            delay = seconds if isinstance_(seconds, float_) else index(seconds)
        except TypeError:
            # Said in its own words below.
            delay = 0
        if shortest_wait < delay < longest_sleep:
            end = monotonic() + delay
            while (delay := end - monotonic()) > shortest_wait:
                poll().poll(min_(delay * 1000 - 1, 86_400_000))
            seconds = max_(delay, 0)
        native_sleep(seconds)

    # A handler may run after any call and at the start of any function, so nothing of these stands between a look at
    # `woken` and the wait: one that ran there would have woken nobody.

    def wait(seconds, sleeper, reading=(), writing=()):
        """Waits until the time is over, one of the descriptors is ready, or the handler of a signal has run, if `sleeper` is
        not `woken` already."""
        try:
            if not sleeper.woken:
                native_select(reading, writing, (), seconds)
        except OSError as error:
            if error.errno != 0:
                raise

    if sys.platform == "wasi":

        def sleep(module, seconds, /):
            """Delay execution for a given number of seconds.  The argument may be a floating-point number for
            subsecond precision."""
            # There the host does the waiting. It has no signals: what it breaks off fails with an error of its own.
            end = monotonic() + seconds if isinstance_(seconds, (int, float_)) else None
            while True:
                try:
                    return native_sleep(seconds)
                except OSError:
                    raise_signal(interrupt)
                    # The handler has raised nothing, so the wait goes on.
                    seconds = max_(end - monotonic(), 0)

        def wait(seconds, sleeper, reading=(), writing=()):
            """Waits until the time is over, or the handler of a signal has run, if `sleeper` is not `woken` already."""
            try:
                if not sleeper.woken:
                    native_sleep(seconds)
            except OSError:
                raise_signal(interrupt)

    def interruptible_select(module, rlist, wlist, xlist, timeout=None, /):
        """Wait until one or more file descriptors are ready for some kind of I/O.

        The first three arguments are iterables of file descriptors to be waited for: readable, writable and
        exceptional ones. The optional fourth is a timeout in seconds. Returns three lists of those that are ready."""
        began, left = monotonic(), timeout
        while True:
            try:
                return native_select(rlist, wlist, xlist, left)
            except OSError as error:
                # The C library's own leaves out the error's number where it was interrupted, so CPython takes that for
                # a failure.
                if error.errno != 0:
                    raise
            # The signal's handler runs here, if not before. If it raises nothing, the wait goes on.
            if timeout is not None:
                left = max_(began + timeout - monotonic(), 0)

    def put(module, name, function):
        """A class may have it among its attributes (`selectors` does), where a plain function becomes a method of its
        own. One that is bound already stays as it is, and names its module as built-in functions do."""
        function.__module__, function.__name__, function.__qualname__ = module.__name__, name, name
        setattr(module, name, types.MethodType(function, module))

    put(time, "sleep", sleep)
    if sys.platform == "wasi":
        return wait, (sleep, wait)
    put(select, "select", interruptible_select)
    return wait, (sleep, wait, interruptible_select)
