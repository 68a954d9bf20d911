"""Small databases in files: bytes under keys, as in a dictionary.

`open` opens one of whichever kind it is, and makes a new one as `dbm.sqlite3`. The interpreter's package comes without this
part of the library, so it is written anew; what it writes, other Pythons read, and the other way round.
"""

__all__ = ["error", "open", "whichdb"]

import builtins
import importlib
import os


class error(Exception):
    """What goes wrong here, and not in the module of the database's kind."""


error = (error, OSError)

# In the order in which one is taken for a new database. This sandbox has no libraries for the second and third.
_names = ["dbm.sqlite3", "dbm.gnu", "dbm.ndbm", "dbm.dumb"]
# Those that are loaded, and the one for new databases once it is known. Tests of the library look at these names.
_modules = {}
_defaultmod = None
_sqlite_start = b"SQLite format 3\0"
_gnu_magic = {0x13579ACD, 0x13579ACE, 0x13579ACF}


def open(file, flag="r", mode=0o666):
    """Open the database at `file`.

    The flag is "r" to read one (the default), "w" to read and write one, "c" to make it if there is none, and "n" to begin
    with an empty one in any case. A new file has the permissions `mode`, less the umask.
    """
    found = None if "n" in flag else whichdb(file)
    if found == "":
        raise error[0]("db type could not be determined")
    if found is None:
        if "c" not in flag and "n" not in flag:
            raise error[0]("db file doesn't exist; use 'c' or 'n' flag to create a new db")
        return _newest().open(file, flag, mode)
    try:
        kind = _load(found)
    except ImportError:
        raise error[0](f"db type is {found}, but the module is not available") from None
    return kind.open(file, flag, mode)


def _newest():
    """The module for new databases."""
    global _defaultmod
    if _defaultmod is not None:
        return _defaultmod
    for name in _names:
        try:
            _defaultmod = _load(name)
        except ImportError:
            continue
        return _defaultmod
    raise ImportError(f"no dbm clone found; tried {_names}")


def _load(name):
    if name not in _modules:
        _modules[name] = importlib.import_module(name)
    return _modules[name]


def whichdb(filename):
    """Give the name of the module that can open a database: "" if none can, None if it is not there or unreadable."""
    base = os.fsencode(filename)
    if _is_there(base, b".pag") and _is_there(base, b".dir"):
        return "dbm.ndbm"
    if _is_there(base, b".dat") and _is_there(base, b".dir"):
        start = _start_of(base + b".dir", 1)
        if start in (b"", b"'", b'"'):
            return "dbm.dumb"
    start = _start_of(base, len(_sqlite_start))
    if start is None:
        return None
    if start == _sqlite_start:
        return "dbm.sqlite3"
    words = {int.from_bytes(start[:4], order) for order in ("little", "big")} if len(start) >= 4 else set()
    return "dbm.gnu" if words & _gnu_magic else ""


def _is_there(base, ending):
    return os.path.isfile(base + ending)


def _start_of(path, length):
    try:
        with builtins.open(path, "rb") as file:
            return file.read(length)
    except OSError:
        return None
