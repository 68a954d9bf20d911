"""Keeps the driver's frames out of what is shown of a stack, and debuggers from stopping in them."""


def _hide_own_frames(bottom, when_imported):
    """`bottom` is the code of the driver's that the host calls: what lies below its frame is not the user's either."""
    import sys
    import traceback

    usual_walk, get_frame = traceback.walk_stack, sys._getframe
    own_filename = bottom.co_filename

    def walk_stack(f):
        """Walk a stack yielding the frame and line number for each frame.

        This will follow f.f_back from the given frame. If no frame is given, the current stack is used."""
        return shown_of(usual_walk(get_frame(1) if f is None else f))

    def shown_of(frames):
        for each in frames:
            if each[0].f_code is bottom:
                return
            if each[0].f_code.co_filename != own_filename:
                yield each

    walk_stack.__module__, walk_stack.__qualname__ = traceback.__name__, "walk_stack"
    traceback.walk_stack = walk_stack

    def change_debuggers():
        from bdb import Bdb

        usual_stack, usual_stop = Bdb.get_stack, Bdb.stop_here

        def get_stack(self, f, t):
            """Return a list of (frame, lineno) in a stack trace and a size."""
            stack, index = usual_stack(self, f, t)
            shown, chosen = [], 0
            for position, each in enumerate(stack):
                if each[0].f_code is bottom:
                    shown.clear()
                elif each[0].f_code.co_filename != own_filename:
                    shown.append(each)
                if position == index:
                    chosen = len(shown) - 1
            return shown, max(chosen, 0)

        def stop_here(self, frame):
            """Return True if frame is below the starting frame in the stack."""
            return frame.f_code.co_filename != own_filename and usual_stop(self, frame)

        for function in (get_stack, stop_here):
            function.__module__, function.__qualname__ = Bdb.__module__, f"Bdb.{function.__name__}"
            setattr(Bdb, function.__name__, function)

    when_imported("bdb", change_debuggers)
