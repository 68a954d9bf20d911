"""`time.sleep` that has the host wait."""


def _make_sleep():
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

    sleep.__module__, sleep.__qualname__ = "time", "sleep"
    return sleep
