"""`time.sleep` and `select.select` that have the host wait, and can be interrupted."""


def _make_waits():
    import operator
    import select
    import sys
    import time

    min_, max_, isinstance_, keyboard_interrupt = min, max, isinstance, KeyboardInterrupt
    native_sleep, poll, index, monotonic, float_ = time.sleep, select.poll, operator.index, time.monotonic, float
    # Below this the C library's busy waiting is more exact; from the other on it refuses the time.
    shortest_wait, longest_sleep = 0.002, 9223372036.854775

    def sleep(seconds, /):
        """Delay execution for a given number of seconds.  The argument may be a floating-point number for
        subsecond precision."""
        # The C library waits by reading the clock over and over; `poll` has the host wait, and can be interrupted.
        delay = seconds if isinstance_(seconds, float_) else index(seconds)
        if shortest_wait < delay < longest_sleep:
            end = monotonic() + delay
            while (delay := end - monotonic()) > shortest_wait:
                poll().poll(min_(delay * 1000 - 1, 86_400_000))
            delay = max_(delay, 0)
        native_sleep(delay)

    if sys.platform == "wasi":

        def sleep(seconds, /):
            """Delay execution for a given number of seconds.  The argument may be a floating-point number for
            subsecond precision."""
            # There the host does the waiting. It has no signals: what it breaks off fails with an error of its own.
            try:
                native_sleep(seconds)
            except OSError:
                raise keyboard_interrupt from None

    native_select = select.select

    def interruptible_select(rlist, wlist, xlist, timeout=None, /):
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

    sleep.__module__, sleep.__qualname__ = "time", "sleep"
    time.sleep = sleep
    if sys.platform == "wasi":
        return (sleep,)
    interruptible_select.__module__, interruptible_select.__qualname__ = "select", "select"
    interruptible_select.__name__ = "select"
    select.select = interruptible_select
    return sleep, interruptible_select
