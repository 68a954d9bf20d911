"""Databases of the GNU library, which this sandbox does not have."""

from _gdbm import *
