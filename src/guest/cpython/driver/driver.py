"""Runs cells and programs for the host: the only Python of ours inside a guest.

The host executes this file once while it makes an image. `entry` is then called for every request: it reads one
message from the channel, a descriptor that only the host serves, acts on it, and writes one frame back. A message is
UTF-8 JSON; one read of four bytes gives its length (little-endian), the next read the message. What the guest writes is
hostile input to the host, as any other system call of untrusted code is.

Names are bound as defaults or closed over, so that code which rebinds `os.read` or `json.dumps` harms only itself.
"""


def _make_entry(channel, call_channel):
    import builtins
    import json
    import os
    import signal
    import sys
    import time
    import types

    read = os.read
    decode = json.JSONDecoder().decode
    str_, bytearray_ = str, bytearray
    base_exception, memory_error, keyboard_interrupt = BaseException, MemoryError, KeyboardInterrupt
    runtime_error = RuntimeError
    main, get_frame = sys.modules["__main__"], sys._getframe
    wait, waits = _make_waits()

    def is_interruptible(frame):
        """Whether a signal that came here is for the user's code: it stops that, and never the driver's own."""
        if state.is_held:
            state.was_interrupted = True
            return False
        return state.running and frame is not None and frame.f_code not in uninterrupted

    inspect_session = _make_inspector(main)
    clip, clip_error, frame, send, word, answer_functions = _make_answers(channel)
    own_code, uninterrupted = set(), set()
    # Given back when memory has run out, so that the next cells can tidy up.
    reserve_bytes = 4 * 1024 * 1024
    # `most_bytes` is for each text of an answer; every request sets it.
    state = types.SimpleNamespace(
        stdin=None,
        stdout=None,
        stderr=None,
        stdin_given=False,
        characters=0,
        running=False,
        interrupted=False,
        # While it is, an interrupt is put off.
        is_held=False,
        was_interrupted=False,
        flags=([], {}),
        optimize=-1,
        unbuffered=False,
        safe_path=False,
        python_path=[],
        reserve=bytearray(reserve_bytes),
        most_bytes=1000,
        most_call_bytes=0,
        # Goes on with the run that is suspended.
        unfinished=None,
        # Whether what the code displays goes to the host; it is printed otherwise.
        shows=False,
    )
    encode_value, decode_value = _make_crossing(state)
    calls = _make_calls(state, call_channel, word, encode_value, decode_value)
    when_imported = _make_import_watch()
    begin_loops, loops, is_loop_code, loop_functions = _make_event_loops(wait, is_interruptible, when_imported, calls)
    declare_functions = _make_functions(calls, main.__dict__)
    show = _make_display(state, calls, encode_value)
    lose_sockets, network_functions = _make_network(when_imported)
    describe, *error_reports, error_functions = _make_errors(state, own_code, is_loop_code, clip, clip_error)
    open_stdio, set_unbuffered, renew_stdio, flush, stream_functions = _make_streams(state)
    set_flags = _make_flags(state, set_unbuffered)
    _correct_library()
    remember_program, run_cell, evaluate, cell_functions = _make_cells(
        state, main, describe, clip, encode_value, loops, calls.suspended_answer, show
    )
    run_program, program_functions = _make_programs(
        state, main, error_reports, remember_program, evaluate, loops, calls.suspended_answer, flush
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
        packages = request.get("packagesPath", "")
        if packages and packages not in sys.path:
            sys.path.append(packages)
            # On this platform urllib3 looks for a browser to send requests for it, unless this does nothing.
            browser = types.ModuleType("urllib3.contrib.emscripten")
            browser.inject_into_urllib3 = lambda: None
            sys.modules.setdefault(browser.__name__, browser)
        set_flags(request.get("interpreterOptions", []), environ)
        random = sys.modules.get("random")
        if random is not None:
            random.seed()
        numpy_random = sys.modules.get("numpy.random")
        if numpy_random is not None:
            numpy_random.seed()
        tempfile = sys.modules.get("tempfile")
        if tempfile is not None:
            tempfile._name_sequence = None
            tempfile.tempdir = None
        uuid = sys.modules.get("uuid")
        if uuid is not None:
            uuid._node = None
            uuid._last_timestamp = None
        return {}

    def default_int_handler(module, signalnum, frame, /):
        """The default handler for SIGINT installed by Python.

        It raises KeyboardInterrupt."""
        # Without a frame it is called by code, whose frame counts then, or for a signal that came before the driver's
        # own had begun.
        if is_interruptible(get_frame().f_back if frame is None else frame):
            state.interrupted = True
            raise keyboard_interrupt

    def install_interrupts():
        """In the place of Python's own handler, which whoever puts one in its place looks for (asyncio does)."""
        native = sys.modules["_signal"]
        default_int_handler.__module__, default_int_handler.__qualname__ = "signal", "default_int_handler"
        # Bound already, so that it is no method of a class that has it, as a built-in function is none.
        handler = types.MethodType(default_int_handler, native)
        signal.default_int_handler = native.default_int_handler = handler
        signal.signal(signal.SIGINT, handler)

    def renew_reserve():
        try:
            # Only if as much again is left: a reserve must not take the last memory itself.
            bytearray_(2 * reserve_bytes)
            state.reserve = bytearray_(reserve_bytes)
        except memory_error:
            pass

    def run(request):
        if "isStarved" in request:
            state.reserve = None
        if state.reserve is None:
            renew_reserve()
        # From here on, memory that is refused is the session's own affair: the host hears that by this.
        read(channel, 1)
        renew_stdio("stdin" in request)
        try:
            state.most_call_bytes = request.get("maxCallBytes", 0)
            state.is_held = state.was_interrupted = False
            begin_loops()
            if "isRestored" in request:
                calls.lose_calls()
                lose_sockets()
            if "functions" in request:
                declare_functions(request["functions"])
            if request["mode"] == "resume":
                return resume()
            if request["mode"] in ("cell", "interactive"):
                return run_cell(request)
            return run_program(request)
        finally:
            flush()

    def resume():
        unfinished, state.unfinished = state.unfinished, None
        if unfinished is None:
            # A forged snapshot says that there is one.
            raise runtime_error("no run is suspended")
        return unfinished()

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
    own_functions = (
        entry,
        run,
        resume,
        begin_loops,
        *loops[:2],
        *program_functions,
        *calls.uninterrupted,
        lose_sockets,
        begin,
        receive,
        default_int_handler,
        is_interruptible,
        *cell_functions,
        *stream_functions,
        *answer_functions,
        *error_functions,
    )
    uninterrupted.update(function.__code__ for function in own_functions)
    own_code.update(uninterrupted, [function.__code__ for function in (*waits, *loop_functions, *calls.waiting, *network_functions)])
    _hide_own_frames(entry.__code__, when_imported)
    install_interrupts()
    open_stdio()
    main.__dict__.clear()
    main.__dict__.update(
        __name__="__main__", __doc__=None, __package__=None, __loader__=None, __spec__=None, __builtins__=builtins
    )
    return entry
