"""Databases that are a file of SQLite: one table of keys and values."""

__all__ = ["error", "open"]

import os
import sqlite3
from collections.abc import MutableMapping
from pathlib import Path

_access = {"r": "ro", "w": "rw", "c": "rwc", "n": "rwc"}


def _normalize_uri(path):
    """The address of a file. Tests of the library look at it."""
    return Path(os.fsdecode(path)).absolute().as_uri()


class error(OSError):
    """What SQLite says, and the use of a database that is closed."""


class _Database(MutableMapping):
    def __init__(self, path, flag, mode):
        self._connection = None
        if flag not in _access:
            raise ValueError(f"Flag must be one of 'r', 'w', 'c', or 'n', not {flag!r}")
        path = Path(os.fsdecode(path))
        if flag == "n":
            path.unlink(missing_ok=True)
        if flag in ("c", "n"):
            # SQLite has no say in the permissions of a file that is there.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, mode))
        address = f"{_normalize_uri(path)}?mode={_access[flag]}"
        try:
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error as fault:
            raise error(str(fault)) from None
        if flag in ("c", "n"):
            self._ask("CREATE TABLE IF NOT EXISTS Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")

    def _ask(self, statement, *values):
        if self._connection is None:
            raise error("DBM object has already been closed")
        try:
            cursor = self._connection.execute(statement, values)
            return cursor.fetchall(), cursor.rowcount
        except sqlite3.Error as fault:
            raise error(str(fault)) from None

    def __len__(self):
        [[count]], _ = self._ask("SELECT COUNT(*) FROM Dict")
        return count

    def __getitem__(self, key):
        rows, _ = self._ask("SELECT value FROM Dict WHERE key = CAST(? AS BLOB)", key)
        if not rows:
            raise KeyError(key)
        return rows[0][0]

    def __setitem__(self, key, value):
        self._ask("REPLACE INTO Dict (key, value) VALUES (CAST(? AS BLOB), CAST(? AS BLOB))", key, value)

    def __delitem__(self, key):
        _, count = self._ask("DELETE FROM Dict WHERE key = CAST(? AS BLOB)", key)
        if count == 0:
            raise KeyError(key)

    def __iter__(self):
        rows, _ = self._ask("SELECT key FROM Dict")
        return (key for [key] in rows)

    def keys(self):
        return list(self)

    def close(self):
        """Close the database; nothing happens if it is closed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def open(filename, /, flag="r", mode=0o666):
    """Open a database: see `dbm.open`. Keys and values are bytes, or text, which is kept as UTF-8."""
    return _Database(filename, flag, mode)
