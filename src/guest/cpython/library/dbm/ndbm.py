"""Databases of the library ndbm, which this sandbox does not have."""

from _dbm import *
