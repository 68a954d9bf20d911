"""Runs one module of CPython's test suite, and tells of each test on standard output as it begins and ends.

What is told is a line that begins with a record separator, and the rest of it JSON: no test writes that by chance.
"""

import importlib
import json
import os
import sys
import traceback
import unittest


def tell(record, write=os.write, dumps=json.dumps, channel=os.dup(1)):
    data = b"\n\x1e" + dumps(record).encode() + b"\n"
    while data:
        data = data[write(channel, data) :]


def named(test, unit):
    """The test's name, which begins with its unit's, though its class may come from elsewhere."""
    name = test.id().removeprefix("test.")
    return name if name.startswith(unit + ".") else f"{unit}:{name}"


def described(error):
    """What was raised, and where in the tests."""
    kind, value, trace = error
    frames = [frame for frame in traceback.extract_tb(trace) if "/unittest/" not in frame.filename]
    places = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames]
    try:
        text = f"{kind.__name__}: {value}"
    except Exception:
        text = kind.__name__
    return f"{text[:600]} ({', '.join(places[-3:])})"


class Teller(unittest.TestResult):
    """A test with several failures, of subtests for instance, is told once, with the first of them."""

    def __init__(self, unit):
        super().__init__()
        self.unit = unit
        self.running = False
        self.found = None

    def startTest(self, test):
        super().startTest(test)
        self.running = True
        tell({"begin": named(test, self.unit)})

    def stopTest(self, test):
        super().stopTest(test)
        # A test that is interrupted has no outcome.
        if self.found is not None:
            self.tell_end(test, *self.found)
        self.running = False
        self.found = None

    def tell_end(self, test, outcome, message):
        tell({"name": named(test, self.unit), "outcome": outcome, "message": message})

    def find(self, test, outcome, message):
        if not self.running:
            # What a whole class or module needs is set up outside of any test.
            self.tell_end(test, outcome, message)
        elif self.found is None or self.found[0] != "failed":
            self.found = (outcome, message)

    def addSuccess(self, test):
        self.find(test, "passed", "")

    def addError(self, test, error):
        self.find(test, "failed", described(error))

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.find(test, "failed", described(error))

    def addSkip(self, test, reason):
        self.find(test, "skipped", str(reason))

    def addExpectedFailure(self, test, error):
        self.find(test, "passed", "")

    def addUnexpectedSuccess(self, test):
        self.find(test, "failed", "the suite says that this fails, and it passed")


def tests_of(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from tests_of(each)
        else:
            yield each


def run_unit(name, done, sockets):
    """Runs the tests of a module but for those in `done`. With `sockets` the suite is told that there are some."""
    sys.path.insert(0, "/suite")
    from test import support

    # As the suite's own runner has it when no resource is asked for.
    support.use_resources = {}
    support.verbose = 0
    if sockets:
        support.has_socket_support = True
    support.record_original_stdout(sys.stdout)
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        module = importlib.import_module("test." + name)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    except unittest.SkipTest as skip:
        tell({"name": name, "outcome": "skipped", "message": str(skip)})
    except BaseException:
        tell({"name": name, "outcome": "failed", "message": described(sys.exc_info())})
    else:
        done = set(done)
        left = (test for test in tests_of(suite) if named(test, name) not in done)
        unittest.TestSuite(left).run(Teller(name))
    tell({"end": name})
