"""Corrects what the standard library gets wrong on this platform."""


def _correct_library():
    import errno
    import os
    import sys
    from importlib.machinery import ExtensionFileLoader

    def create_module(self, spec):
        """Create an uninitialized extension module"""
        # It is built for another machine. Without a loader of such modules the interpreter ends in a `SystemError`.
        reason = f"{spec.origin} is a native module, which this sandbox cannot load"
        raise ImportError(reason, name=spec.name, path=spec.origin)

    create_module.__module__ = ExtensionFileLoader.__module__
    create_module.__qualname__ = "ExtensionFileLoader.create_module"
    # The other one has a linker, which says why.
    if sys.platform == "wasi":
        ExtensionFileLoader.create_module = create_module

    def getlogin():
        """Return the actual login name."""
        # Nobody has logged in. The C library says so with an error number that there is not.
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))

    getlogin.__module__, getlogin.__qualname__ = "posix", "getlogin"
    if hasattr(os, "getlogin"):
        os.getlogin = sys.modules["posix"].getlogin = getlogin
