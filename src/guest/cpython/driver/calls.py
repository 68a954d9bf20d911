"""Calls functions of the host: frames on a descriptor of their own, see `call-file.ts`."""


def _make_calls(control, descriptor, word, encode, decode):
    import builtins
    import os
    import signal
    import sys
    import types
    from json.encoder import encode_basestring_ascii as quote

    read, write, from_bytes, joined = os.read, os.write, int.from_bytes, b"".join
    len_, str_, int_, sum_, min_, range_, bytes_ = len, str, int, sum, min, range, bytes
    all_, bool_ = all, bool
    isinstance_, issubclass_, type_ = isinstance, issubclass, type
    exception, base_exception, runtime_error = Exception, BaseException, RuntimeError
    never_raised = (StopIteration, StopAsyncIteration)
    memoryview_, builtins_ = memoryview, builtins.__dict__
    raise_signal, interrupt, is_stock = signal.raise_signal, signal.SIGINT, sys.platform == "wasi"
    piece_bytes, largest_read = 1 << 16, 1 << 24

    # By their ids. What is here is waited for.
    pending = {}
    # Frames that go out with the next ones.
    outgoing = []
    # What has been read of frames that are not whole yet.
    incoming = bytearray()
    # `loop`: the one in which a run can be suspended, while that runs in it.
    state = types.SimpleNamespace(last_id=0, loop=None)

    class HostError(Exception):
        """What a function of the host has failed with, where Python has no exception of that name."""

        def __init__(self, message="", type="HostError"):
            super().__init__(message)
            self.type = type

    HostError.__module__, HostError.__qualname__ = "tools", "HostError"

    class Call:
        __slots__ = ("id", "name", "args", "parts", "future", "outcome", "is_suspended")

        def __init__(self, name, args, parts, future):
            self.id, self.name, self.args, self.parts, self.future = state.last_id, name, args, parts, future
            self.outcome, self.is_suspended = None, False

    def frame(head, parts=()):
        head = head.encode()
        sizes = joined([word(len_(part)) for part in parts])
        length = 4 + len_(sizes) + len_(head) + sum_([len_(part) for part in parts])
        return joined((word(length), word(len_(parts)), sizes, head, *parts))

    def flush():
        if outgoing:
            data = memoryview_(joined(outgoing))
            outgoing.clear()
            while data:
                data = data[write(descriptor, data) :]

    def begin(name, args, kwargs, future):
        data, parts = encode((args, kwargs))
        state.last_id += 1
        call = pending[state.last_id] = Call(name, data, parts, future)
        outgoing.append(frame(f'{{"call":{call.id},"name":{quote(name)}}}', (data, *parts)))
        return call

    def forget(call):
        """Nobody waits for the answer any more."""
        if pending.pop(call.id, None) is not None:
            outgoing.append(frame(f'{{"cancel":{call.id}}}'))

    def forget_loop(loop):
        """Nothing in it runs any more."""
        for call in [call for call in pending.values() if call.future is not None and call.future.get_loop() is loop]:
            forget(call)

    def receive(seconds, sleeper=None):
        """Takes answers that have come; waits so long for the first, if there is none. A negative time has no end. Does not
        wait if `sleeper` is `woken` by then: a signal's handler may have run since it was looked at."""
        if not incoming:
            outgoing.append(frame(f'{{"wait":{-1 if seconds < 0 else seconds * 1000}}}'))
        flush()
        if not incoming:
            if sleeper is not None and sleeper.woken:
                return False
            incoming.extend(read(descriptor, piece_bytes))
            if not incoming:
                return False
        # An interrupt may come between two reads, so what has been read is kept outside.
        while incoming:
            missing = 4 - len_(incoming)
            if missing <= 0:
                missing += from_bytes(incoming[:4], "little")
            if missing <= 0:
                # What that runs of asyncio's must not be broken off half-way: a task would never hear of its answer.
                control.is_held = True
                try:
                    take_first()
                finally:
                    control.is_held = False
                if control.was_interrupted:
                    control.was_interrupted = False
                    raise_signal(interrupt)
            elif data := read(descriptor, min_(missing, largest_read)):
                incoming.extend(data)
            else:
                incoming.clear()
                raise runtime_error("an answer of the host was cut short")
        return True

    def take_first():
        length = 4 + from_bytes(incoming[:4], "little")
        data = bytes_(incoming[:length])
        del incoming[:length]
        count = from_bytes(data[4:8], "little")
        sizes = [from_bytes(data[8 + 4 * i : 12 + 4 * i], "little") for i in range_(count)]
        at = length - sum_(sizes)
        # The host's heads have one member, which is a number.
        kind, _, number = str_(data[8 + 4 * count : at], "ascii")[2:-1].partition('":')
        parts = []
        for size in sizes:
            parts.append(data[at : at + size])
            at += size
        call = pending.get(int_(number))
        if call is not None:
            take(call, kind, parts)

    def take(call, kind, parts):
        if kind == "suspend" and call.future is not None and call.future.get_loop() is state.loop:
            call.is_suspended = True
            return
        pending.pop(call.id)
        if kind == "suspend":
            call.outcome = False, runtime_error(unsuspendable.format(call.name))
            outgoing.append(frame(f'{{"cancel":{call.id}}}'))
        elif kind == "return":
            try:
                call.outcome = True, decode(str_(parts[0], "utf-8"), parts[1:])
            except base_exception as error:
                call.outcome = False, error
        else:
            call.outcome = False, error_of(*[str_(part, "utf-8", "replace") for part in parts])
        settle(call)

    unsuspendable = (
        "{}() is answered another day, and only an `await` at the top level of a cell can wait for that: "
        "not a plain call, and not asyncio.run()"
    )

    def settle(call):
        future = call.future
        if future is not None and not future.done():
            worked, value = call.outcome
            (future.set_result if worked else future.set_exception)(value)

    def error_of(kind, message):
        found = builtins_.get(kind)
        if isinstance_(found, type_) and issubclass_(found, exception) and not issubclass_(found, never_raised):
            try:
                return found(message)
            except base_exception:
                pass
        return HostError(message, kind)

    def call_sync(name, args, kwargs):
        """Calls, and waits."""
        call = begin(name, args, kwargs, None)
        try:
            while call.outcome is None:
                if not receive(-1) and is_stock:
                    # There, nothing else runs the handler.
                    raise_signal(interrupt)
        except base_exception:
            forget(call)
            raise
        worked, value = call.outcome
        if worked:
            return value
        try:
            raise value
        finally:
            # Or the exception and its traceback keep each other.
            del value, call

    async def call_async(name, args, kwargs):
        """The call begins when it is awaited."""
        from asyncio import events

        future = events.get_running_loop().create_future()
        call = begin(name, args, kwargs, future)
        try:
            return await future
        finally:
            if future.cancelled() or not future.done():
                forget(call)

    def wait_in_loop(loop, seconds, sleeper):
        """The waiting of an event loop while calls are pending. True: the run is suspended, and the loop is to stop."""
        if receive(0) or seconds == 0:
            return False
        if loop is state.loop and all_([call.is_suspended for call in pending.values()]):
            return True
        receive(seconds, sleeper)
        return False

    def wait_with_others(seconds, sleeper, reading, writing, wait):
        """Waits for answers, and for descriptors to be ready."""
        if pending:
            if receive(0):
                return
            reading = [*reading, descriptor]
        wait(seconds, sleeper, reading, writing)
        if pending:
            receive(0)

    def lose_calls():
        """The guest goes on from a state: the answers that were on their way are for the guest before it."""
        incoming.clear()
        outgoing.clear()
        for call in [call for call in pending.values() if not call.is_suspended]:
            pending.pop(call.id)
            call.outcome = False, HostError("the call is lost: the session has gone on from a saved state")
            settle(call)

    def suspended_answer():
        """What the host is told of a run that waits: the calls' ids, names, and how many bytes stand behind the arguments."""
        index, parts = [], []
        for call in pending.values():
            index.append(f"[{call.id},{quote(call.name)},{len_(call.parts)}]")
            parts += [call.args, *call.parts]
        return {"suspended": f"[{','.join(index)}]".encode(), "parts": parts}

    def display(data, parts):
        """Shows something: JSON by MIME type, and the bytes in it."""
        outgoing.append(frame('{"display":0}', (data, *parts)))
        flush()

    def has_pending():
        return bool_(pending)

    return types.SimpleNamespace(
        host_error=HostError,
        call_sync=call_sync,
        call_async=call_async,
        wait_in_loop=wait_in_loop,
        wait_with_others=wait_with_others,
        has_pending=has_pending,
        display=display,
        flush=flush,
        forget_loop=forget_loop,
        lose_calls=lose_calls,
        suspended_answer=suspended_answer,
        state=state,
        uninterrupted=(flush, begin, forget, forget_loop, take_first, take, settle, error_of, lose_calls, suspended_answer),
        waiting=(receive, call_sync, call_async, wait_in_loop, wait_with_others),
    )
