"""An event loop for asyncio in a guest that has no sockets.

The usual loops wake themselves through a pair of sockets, which this guest cannot make. Here nobody else could wake
the loop: it waits on the host for its next timer, and an interrupt ends that wait.
"""


def _make_event_loops():
    import sys
    import time

    own = {}

    def loop_class():
        if "class" in own:
            return own["class"]
        from asyncio import base_events, coroutines, events, futures, tasks

        class Waiter:
            def select(self, timeout):
                # Nothing is due and nothing will be: wait for the interrupt that must come.
                time.sleep(3600 if timeout is None else max(timeout, 0))
                return ()

            def close(self):
                pass

        class GuestEventLoop(base_events.BaseEventLoop):
            """Tasks, timers and callbacks; no sockets, pipes or processes."""

            def __init__(self):
                super().__init__()
                self._selector = Waiter()

            def _process_events(self, events):
                pass

            def _write_to_self(self):
                pass

        own["class"], own["select"] = GuestEventLoop, Waiter.select.__code__
        own["internal"] = {module.__file__ for module in (base_events, coroutines, events, futures, tasks)}
        return GuestEventLoop

    def adapt(asyncio):
        """Has a freshly imported asyncio make such loops, whoever asks it for one."""
        policy = getattr(asyncio.events, "_get_event_loop_policy", None) or asyncio.events.get_event_loop_policy
        type(policy())._loop_factory = loop_class()

    class Loader:
        def __init__(self, loader):
            self.loader = loader

        def create_module(self, spec):
            return self.loader.create_module(spec)

        def exec_module(self, module):
            module.__loader__ = module.__spec__.loader = self.loader
            self.loader.exec_module(module)
            adapt(module)

    class Finder:
        """Sees asyncio being imported; it is too large to be in every image."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "asyncio":
                return None
            for finder in sys.meta_path:
                if finder is not Finder:
                    spec = finder.find_spec(name, path, target)
                    if spec is not None:
                        spec.loader = Loader(spec.loader)
                        return spec
            return None

    sys.meta_path.insert(0, Finder)

    def run(coroutine):
        """Runs a coroutine in the session's own loop. Its other tasks go on whenever the loop runs again."""
        from asyncio import events, tasks

        loop = own.get("loop")
        if loop is None or loop.is_closed():
            loop = own["loop"] = loop_class()()
        events.set_event_loop(loop)
        task = tasks.Task(coroutine, loop=loop, name="cell")
        try:
            return loop.run_until_complete(task)
        except BaseException:
            if not task.done():
                # An interrupt: the cell's own task must not linger in the loop.
                task.cancel()
                try:
                    loop.run_until_complete(task)
                except BaseException:
                    pass
            raise

    def is_internal(code):
        return code is own.get("select") or code.co_filename in own.get("internal", ())

    return run, is_internal
