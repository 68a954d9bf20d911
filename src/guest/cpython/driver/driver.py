"""Runs cells and programs for the host: the only Python of ours inside a guest.

The host executes this file once while it makes an image. `entry` is then called for every request: it reads one
message from the channel, a descriptor that only the host serves, acts on it, and writes one frame back. A message is
UTF-8 JSON; one read of four bytes gives its length (little-endian), the next read the message. What the guest writes is
hostile input to the host, as any other system call of untrusted code is.

Names are bound as defaults or closed over, so that code which rebinds `os.read` or `json.dumps` harms only itself.
"""


def _make_entry(channel):
    import _io
    import ast
    import atexit
    import builtins
    import gc
    import json
    import linecache
    import os
    import operator
    import runpy
    import select
    import signal
    import sys
    import time
    import types

    read = os.read
    decode = json.JSONDecoder().decode
    exec_, eval_, compile_, repr_, str_, print_ = exec, eval, compile, repr, str, print
    min_, max_ = min, max
    base_exception, system_exit, memory_error, bytearray_ = BaseException, SystemExit, MemoryError, bytearray
    keyboard_interrupt, tuple_, isinstance_, type_ = KeyboardInterrupt, tuple, isinstance, type
    main = sys.modules["__main__"]
    run_coroutine, is_loop_code = _make_event_loops()
    inspect_session = _make_inspector(main)
    clip, clip_error, frame, send, answer_functions = _make_answers(channel)
    function_type, is_coroutine = types.FunctionType, 0x80
    own_code, uninterrupted = set(), set()
    leaving = frozenset(("exit", "quit"))
    # The source of recent cells, for tracebacks; the oldest go first, so that a long session does not grow.
    recent_cells = {}
    cells_kept = 400
    characters_kept = 8_000_000
    # Given back when memory has run out, so that the next cells can tidy up.
    reserve_bytes = 4 * 1024 * 1024
    # `most_bytes` is for each text of an answer; every request sets it.
    state = types.SimpleNamespace(
        stdin=None,
        stdin_given=False,
        characters=0,
        running=False,
        interrupted=False,
        reserve=bytearray(reserve_bytes),
        most_bytes=1000,
    )
    describe, exception_of, exit_code, report, complain, error_functions = _make_errors(
        state, own_code, is_loop_code, clip, clip_error
    )

    def receive():
        length = int.from_bytes(read(channel, 4), "little")
        parts = []
        while length > 0:
            part = read(channel, length)
            if not part:
                raise EOFError("the host closed the channel")
            parts.append(part)
            length -= len(part)
        return decode(str_(b"".join(parts), "utf-8"))

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

    def begin(request):
        """Everything that sessions from one image would otherwise share."""
        environ = request["env"]
        for name in list(os.environ):
            if name not in environ:
                del os.environ[name]
        for name, value in environ.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        if "TZ" in environ:
            time.tzset()
        sys.argv[:] = request["args"]
        sys.orig_argv[:] = ["pyrunner", *request["args"]]
        if "cwd" in request:
            os.chdir(request["cwd"])
        random = sys.modules.get("random")
        if random is not None:
            random.seed()
        tempfile = sys.modules.get("tempfile")
        if tempfile is not None:
            tempfile._name_sequence = None
            tempfile.tempdir = None
        uuid = sys.modules.get("uuid")
        if uuid is not None:
            uuid._node = None
            uuid._last_timestamp = None
        return {}

    def remember(filename, code):
        lines = code.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        linecache.cache[filename] = (len(code), None, lines, filename)
        state.characters += len(code) - recent_cells.pop(filename, 0)
        recent_cells[filename] = len(code)
        while len(recent_cells) > cells_kept or (state.characters > characters_kept and len(recent_cells) > 1):
            oldest = next(iter(recent_cells))
            state.characters -= recent_cells.pop(oldest)
            linecache.cache.pop(oldest, None)

    def on_interrupt(number, frame):
        """Stops the user's code, and never the driver's, however often the host insists."""
        if state.running and frame is not None and frame.f_code not in uninterrupted:
            state.interrupted = True
            raise keyboard_interrupt

    def run_cell(request):
        code, filename = request["code"], request["filename"]
        remember(filename, code)
        scope = main.__dict__
        value = None
        state.running = True
        try:
            tree = compile_(code, filename, "exec", ast.PyCF_ONLY_AST, True)
            body = tree.body
            if body and isinstance_(body[-1], ast.Expr):
                last = ast.Expression(body.pop().value)
                if body:
                    exec_(compile_(tree, filename, "exec", 0, True), scope)
                value = eval_(compile_(last, filename, "eval", 0, True), scope)
                if value is not None:
                    text = repr_(value)
                    builtins._ = value
                    if not body:
                        print_(text)
                    return {"result": clip(text, state.most_bytes)}
            elif body:
                exec_(compile_(tree, filename, "exec", 0, True), scope)
            return {}
        except base_exception as error:
            state.running = False
            return describe(error)
        finally:
            state.running = False
            del value

    def run_interactive(request):
        """As the interactive prompt: the last statement shows its value, and `await` may stand anywhere."""
        code, filename = request["code"], request["filename"]
        remember(filename, code)
        value = None
        state.running = True
        try:
            # Bare, these leave, as at Python's own prompt, unless they are names of the session's.
            if code.strip() in leaving and code.strip() not in main.__dict__:
                raise system_exit
            tree = compile_(code, filename, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
            last = ast.Expression(tree.body.pop().value) if tree.body and isinstance_(tree.body[-1], ast.Expr) else None
            codes = [compile_(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)] if tree.body else []
            if last is not None:
                codes.append(compile_(last, filename, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True))
            value = evaluate(codes)
            if last is None:
                return {}
            if sys.displayhook is not sys.__displayhook__:
                sys.displayhook(value)
            elif value is not None:
                text = repr_(value)
                builtins._ = value
                return {"result": clip(text, state.most_bytes)}
            return {}
        except base_exception as error:
            state.running = False
            # For `pdb.pm()`. What filled the memory must not stay for it.
            if not isinstance_(error, (system_exit, memory_error)):
                sys.last_type, sys.last_value, sys.last_traceback = type_(error), error, error.__traceback__
                sys.last_exc = error
            return describe(error, request.get("colors", False))
        finally:
            state.running = False
            del value

    def evaluate(codes):
        """The value of the last one. If one of them awaits, all of them run in the event loop."""
        for code in codes:
            if code.co_flags & is_coroutine:
                return run_coroutine(evaluate_in_loop(codes))
        value = None
        for code in codes:
            value = eval_(code, main.__dict__)
        return value

    async def evaluate_in_loop(codes):
        value = None
        for code in codes:
            if code.co_flags & is_coroutine:
                value = await function_type(code, main.__dict__)()
            else:
                value = eval_(code, main.__dict__)
        return value

    def run_program(request):
        filename, goes_on = request["filename"], request.get("goesOn", False)
        code = 0
        # Told to the host as well, since standard error may take no more.
        failure = {}
        state.running = True
        try:
            try:
                if request["mode"] == "module":
                    runpy._run_module_as_main(request["code"])
                else:
                    remember(filename, request["code"])
                    if not filename.startswith("<"):
                        main.__file__ = filename
                        sys.path[0] = os.path.dirname(filename)
                    exec_(compile_(request["code"], filename, "exec", 0, True), main.__dict__)
            finally:
                if not goes_on:
                    atexit._run_exitfuncs()
        except base_exception as error:
            if isinstance_(error, system_exit) and not goes_on:
                code = exit_code(error)
                if not isinstance_(error.code, (int, type_(None))):
                    # Both run the code's own `__str__`, and take no notice of what it raises.
                    state.interrupted = False
                    failure = exception_of(error)
                    complain(error.code)
                    if state.interrupted:
                        code = 130
            else:
                state.running = False
                code = 130 if isinstance_(error, keyboard_interrupt) else 1
                report(error)
                failure = exception_of(error)
        state.running = False
        try:
            # A program may close it (`json.tool` does); what it wrote is out then.
            if not sys.stdout.closed:
                sys.stdout.flush()
        except base_exception as error:
            code = code or 120
        flush()
        return {**failure, "exitCode": code}

    def renew_reserve():
        try:
            # Only if as much again is left: a reserve must not take the last memory itself.
            bytearray_(2 * reserve_bytes)
            state.reserve = bytearray_(reserve_bytes)
        except memory_error:
            pass

    def run(request):
        if state.reserve is None:
            renew_reserve()
        given = "stdin" in request
        # `exit()` closes it, as it does in CPython, and a session goes on.
        if given or state.stdin_given or state.stdin.closed:
            renew_stdin()
        state.stdin_given = given
        try:
            if request["mode"] == "cell":
                return run_cell(request)
            if request["mode"] == "interactive":
                return run_interactive(request)
            return run_program(request)
        finally:
            flush()

    operations = {"start": begin, "run": run, "inspect": inspect_session}
    memory_full = frame({"memoryFull": 1})

    def entry():
        try:
            request = receive()
        except keyboard_interrupt as error:
            send(frame(describe(error)))
            return
        except base_exception:
            # The host asks once more: with this given back, there is room for a cell that lets go of something.
            state.reserve = None
            send(memory_full)
            return
        state.most_bytes = request["maxTextBytes"]
        try:
            answer = operations[request["op"]](request)
        except base_exception as error:
            # An interrupt that came between the cell's end and the answer, or memory that is used up.
            answer = describe(error)
        try:
            send(frame(answer))
        except base_exception as error:
            send(frame(describe(error)))

    # Waiting is done for the user's code, so it is interrupted as that is.
    own_functions = (entry, run, run_cell, run_interactive, evaluate, evaluate_in_loop, run_coroutine, run_program, begin, receive, on_interrupt, flush, *answer_functions, *error_functions)
    uninterrupted.update(function.__code__ for function in own_functions)
    own_code.update(uninterrupted, [sleep.__code__])
    signal.signal(signal.SIGINT, on_interrupt)
    sleep.__module__, sleep.__qualname__ = "time", "sleep"
    time.sleep = sleep
    open_stdio()
    main.__dict__.clear()
    main.__dict__.update(
        __name__="__main__", __doc__=None, __package__=None, __loader__=None, __spec__=None, __builtins__=builtins
    )
    return entry
