"""Has asyncio's own event loop run in a guest that has no sockets but those that connect.

That loop wakes itself through a pair of sockets, which this guest cannot make. Here nobody could wake it but the handler
of an interrupt, so the loop waits on the host for its next timer, its sockets or an interrupt. The selector is asked before
and after.
"""


def _make_event_loops(wait, is_interruptible, when_imported, calls):
    import inspect
    import signal

    own = {"is_suspended": False}
    # What a run gives that waits for answers which come another day, and for nothing else.
    suspension = object()
    # In seconds. With nothing due the loop waits for the interrupt that must come.
    longest_wait = 3600
    most_tries = 100

    class WakefulSelector:
        """A selector that a loop was made with, whose waiting ends when the loop is to wake up."""

        def __init__(self, loop, selector):
            self._loop, self._selector = loop, selector
            self.woken = False

        def __getattr__(self, name):
            return getattr(self._selector, name)

        def select(self, timeout=None):
            ready = self._selector.select(0)
            if ready or self.woken or (timeout is not None and timeout <= 0):
                self.woken = False
                if calls.has_pending():
                    calls.wait_in_loop(self._loop, 0, self)
                return ready
            watched = self._selector.get_map()
            if watched:
                keys = watched.values()
                reading = [key.fd for key in keys if key.events & 1]
                writing = [key.fd for key in keys if key.events & 2]
                seconds = longest_wait if timeout is None else min(timeout, longest_wait)
                calls.wait_with_others(seconds, self, reading, writing, wait)
                self.woken = False
                return self._selector.select(0)
            if calls.has_pending():
                if calls.wait_in_loop(self._loop, -1 if timeout is None else min(timeout, longest_wait), self):
                    own["is_suspended"] = True
                    self._loop.stop()
                self.woken = False
                return self._selector.select(0)
            wait(longest_wait if timeout is None else min(timeout, longest_wait), self)
            self.woken = False
            return self._selector.select(0)

    def adapt():
        """Changes in a freshly imported asyncio what stands on sockets."""
        from asyncio import base_events, coroutines, events, futures, runners, selector_events, tasks, unix_events

        selector_loop, unix_loop = selector_events.BaseSelectorEventLoop, unix_events._UnixSelectorEventLoop
        if own.get("class") is unix_loop:
            return
        usual_init = selector_loop.__init__

        def __init__(self, selector=None):
            usual_init(self, selector)
            self._selector = WakefulSelector(self, self._selector)

        def _make_self_pipe(self):
            pass

        def _close_self_pipe(self):
            pass

        def _write_to_self(self):
            selector = self._selector
            if selector is not None:
                selector.woken = True

        def add_signal_handler(self, sig, callback, *args):
            """Add a handler for a signal."""
            if coroutines.iscoroutine(callback) or inspect.iscoroutinefunction(callback):
                raise TypeError("coroutines cannot be used with add_signal_handler()")
            self._check_signal(sig)
            self._check_closed()
            # Without the socket into which the number of the signal would be written.
            signal.signal(sig, lambda number, frame: self._handle_signal(number))
            self._signal_handlers[sig] = events.Handle(callback, args, self, None)

        def _check_signal(self, sig):
            if not isinstance(sig, int):
                raise TypeError(f"sig must be an int, not {sig!r}")
            if not 0 < sig < signal.NSIG:
                raise ValueError(f"invalid signal number {sig}")

        base_loop = base_events.BaseEventLoop
        usual_executor = base_loop.run_in_executor

        def run_in_executor(self, executor, func, *args):
            # There are no threads for one of its own, so it is done at once.
            if executor is not None:
                return usual_executor(self, executor, func, *args)
            self._check_closed()
            future = self.create_future()
            try:
                future.set_result(func(*args))
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                future.set_exception(error)
            return future

        give(base_loop, run_in_executor)
        usual_handler = runners.Runner._on_sigint

        def _on_sigint(self, signum, frame, main_task):
            # A host that insists can have a runner leave its handler behind, which would end the driver's own work.
            if is_interruptible(frame):
                usual_handler(self, signum, frame, main_task)

        give(runners.Runner, _on_sigint)
        usual_connect = base_loop._create_connection_transport

        async def _create_connection_transport(
            self, sock, protocol_factory, ssl, server_hostname, server_side=False,
            ssl_handshake_timeout=None, ssl_shutdown_timeout=None, *, context=None,
        ):
            # The usual way has OpenSSL work on bytes in memory. Here the host secures the connection.
            secured = None
            if ssl:
                from _host_tls import secure_in_loop

                sock = secured = await secure_in_loop(self, sock, ssl, server_hostname, ssl_handshake_timeout)
            given = {} if context is None else {"context": context}
            transport, protocol = await usual_connect(self, sock, protocol_factory, None, "", server_side, **given)
            if secured is not None:
                transport._extra.update(
                    sslcontext=secured.context, ssl_object=secured, peercert=secured.getpeercert(),
                    cipher=secured.cipher(), compression=None,
                )
            return transport, protocol

        give(base_loop, _create_connection_transport)
        if not hasattr(signal, "valid_signals"):
            # WASI has some signals, and not the question which.
            give(unix_loop, _check_signal)
        for function in (__init__, _make_self_pipe, _close_self_pipe, _write_to_self):
            give(selector_loop, function)
        give(unix_loop, add_signal_handler)
        own["class"] = unix_loop
        own["internal"] = {module.__file__ for module in (base_events, coroutines, events, futures, tasks)}

    def give(cls, function):
        function.__module__, function.__qualname__ = cls.__module__, f"{cls.__qualname__}.{function.__name__}"
        setattr(cls, function.__name__, function)

    when_imported("asyncio", adapt)

    def run(coroutine):
        """Runs a coroutine in the session's own loop. Its other tasks go on whenever the loop runs again."""
        from asyncio import tasks

        loop = own.get("loop")
        if loop is None or loop.is_closed():
            loop = own["loop"] = own["class"]()
        own["task"] = tasks.Task(coroutine, loop=loop, name="cell")
        return go_on()

    def begin():
        """Nothing runs yet: what says that a loop does, an interrupt has left behind at an unlucky moment."""
        if "class" not in own:
            return
        from asyncio import events

        loop = own.get("loop")
        if loop is not None and loop.is_running():
            loop._run_forever_cleanup()
        events._set_running_loop(None)

    def go_on():
        """Runs the loop until its task is done, and gives what that gives; `suspension` if it waits for the host alone."""
        from asyncio import events

        loop, task = own["loop"], own["task"]
        events.set_event_loop(loop)
        own["is_suspended"] = False
        calls.state.loop = loop
        try:
            return loop.run_until_complete(task)
        except BaseException:
            if own["is_suspended"] and not task.done():
                return suspension
            # An interrupt: the cell's own task must not linger in the loop, where the next cell would hear of it. What the
            # interrupt has ended among its tasks ends the loop once more each.
            for _ in range(most_tries):
                if task.done():
                    break
                try:
                    begin()
                    task.cancel()
                    loop.run_until_complete(task)
                except BaseException:
                    pass
            if not task.done():
                # A host that insists lets nothing of it come to an end: its loop goes, with all that runs in it.
                own["loop"] = None
                calls.forget_loop(loop)
            raise
        finally:
            calls.state.loop = None
            calls.flush()
            if task.done():
                own["task"] = None

    def is_internal(code):
        return code.co_filename in own.get("internal", ())

    return begin, (run, go_on, suspension), is_internal, (WakefulSelector.select,)
