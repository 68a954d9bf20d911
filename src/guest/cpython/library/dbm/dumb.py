"""Databases without any library: values in one file, and in another where each of them stands.

The values lie in NAME.dat, each from a multiple of 512 bytes on. NAME.dir has a line for each key: the key as a literal of
Python, with a character for each byte, and the place and length of its value. The directory before its last change is
kept as NAME.bak.
"""

__all__ = ["error", "open"]

import ast
import builtins
import collections.abc
import os

error = OSError
_block_bytes = 512


def _bytes_of(kind, value):
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise TypeError(f"{kind} must be bytes or strings")


def _blocks(length):
    return -(-length // _block_bytes)


class _Database(collections.abc.MutableMapping):
    def __init__(self, name, mode, flag):
        base = os.fsencode(name)
        self._values, self._directory, self._backup = base + b".dat", base + b".dir", base + b".bak"
        self._mode, self._reads_only, self._changed = mode, flag == "r", False
        self._places = {}
        if flag == "n":
            for path in (self._values, self._backup, self._directory):
                if os.path.exists(path):
                    os.remove(path)
        if flag in ("n", "c") and not os.path.exists(self._values):
            os.close(os.open(self._values, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode))
        else:
            os.close(os.open(self._values, os.O_RDONLY))
        self._read_directory(is_needed=flag in ("r", "w"))
        # By its directory others see that this is a database.
        self.sync()

    def _read_directory(self, is_needed):
        try:
            with builtins.open(self._directory, encoding="latin-1") as lines:
                for line in lines:
                    key, place = ast.literal_eval(line.strip())
                    self._places[key.encode("latin-1")] = place
        except FileNotFoundError:
            if is_needed:
                raise
            self._changed = True

    def _open_places(self):
        if self._places is None:
            raise error("DBM object has already been closed")
        return self._places

    def _writable_places(self):
        places = self._open_places()
        if self._reads_only:
            raise error("The database is opened for reading only")
        return places

    def __getitem__(self, key):
        position, length = self._open_places()[_bytes_of("keys", key)]
        with builtins.open(self._values, "rb") as file:
            file.seek(position)
            return file.read(length)

    def __setitem__(self, key, value):
        places = self._writable_places()
        key, value = _bytes_of("keys", key), _bytes_of("values", value)
        old = places.get(key)
        with builtins.open(self._values, "r+b") as file:
            if old is not None and _blocks(len(value)) <= _blocks(old[1]):
                position = file.seek(old[0])
            else:
                end = file.seek(0, os.SEEK_END)
                position = _blocks(end) * _block_bytes
                file.write(bytes(position - end))
            file.write(value)
        places[key] = (position, len(value))
        self._changed = True
        if old is not None:
            return
        # A new key is a line more at once, so that it is found whatever becomes of this program.
        with builtins.open(self._directory, "a", encoding="latin-1", opener=self._open_file) as directory:
            directory.write(self._line(key))

    def __delitem__(self, key):
        places = self._writable_places()
        del places[_bytes_of("keys", key)]
        self._changed = True
        self.sync()

    def _line(self, key):
        return f"{key.decode('latin-1')!r}, {self._places[key]!r}\n"

    def _open_file(self, path, flags):
        return os.open(path, flags, self._mode)

    def sync(self):
        """Write the directory, if that is not what the file has."""
        if self._places is None or not self._changed or self._reads_only:
            return
        if os.path.exists(self._directory):
            os.replace(self._directory, self._backup)
        with builtins.open(self._directory, "w", encoding="latin-1", opener=self._open_file) as directory:
            directory.writelines(map(self._line, self._places))
        self._changed = False

    def __iter__(self):
        return iter(self._open_places())

    iterkeys = __iter__

    def __contains__(self, key):
        return _bytes_of("keys", key) in self._open_places()

    def __len__(self):
        return len(self._open_places())

    def keys(self):
        return list(self._open_places())

    def items(self):
        return [(key, self[key]) for key in self.keys()]

    def close(self):
        """Write what is left to write, and close the database."""
        try:
            self.sync()
        finally:
            self._places = None

    def __del__(self):
        # Not where opening has failed.
        if getattr(self, "_places", None) is not None:
            self.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def open(file, flag="c", mode=0o666):
    """Open a database: see `dbm.open`; the default flag here is "c"."""
    if flag not in ("r", "w", "c", "n"):
        raise ValueError("Flag must be one of 'r', 'w', 'c', or 'n'")
    mask = os.umask(0)
    os.umask(mask)
    return _Database(file, mode & ~mask, flag)
