"""Tries every operation on files, on every kind of path, and counts what came of it. See the test beside this folder."""

import json
import os
import random
import sys

setup = json.loads(sys.argv[1])
outside, secret = setup["outside"], setup["secret"].encode()
inodes, names_outside = set(setup["inodes"]), set(setup["names"])
random.seed(setup["seed"])
MOUNT = "/m"
met = missed = operations = 0
leaks = []

targets = [outside, outside + "/f", outside + "/d", "../outside", "../outside/f", "../../outside", "/", "..", "d", "/m/d", "d/sub"]
entries = ["d", "d/sub", "e", "file"]
likely = ["d/f", "d/sub/f", "e/f", "file", "file", "d"]
paths = [
    *entries,
    "d/f", "d/sub/f", "e/f", "d/new", "d/sub/new", "e/new", "new", "new/f", "d/made", "e/made", "made",
    "d/../d/f", "d/sub/../f", "d/sub/../../e/f", "e/../f", "d/..", "d/../..", "../m/d/f", "./e/./f", "d/", "e//", "d/sub/",
    "own", "own/f", "own/../f", "own/d/f", "own2", "own2/f", "d/own", "d/own/f", "d/own/..", "e/own/f",
    MOUNT + "/d/f", MOUNT + "/d/sub/f", MOUNT + "/own/f", "/../m/e/f", outside + "/f", "../outside/f", "d/../../outside/f",
]
moved = ["new", "d/new", "e/new", "d/sub/new", "own", "d/own", "made", "e/made"]


def see(content):
    if secret in content:
        leaks.append("content")
    return content


def see_names(names):
    if names_outside.intersection(names):
        leaks.append("names")


def see_status(status):
    if status.st_ino in inodes:
        leaks.append("status")


def read(path, **options):
    descriptor = os.open(path, os.O_RDONLY, **options)
    try:
        return see(os.read(descriptor, 64))
    finally:
        os.close(descriptor)


def write(path, flags, **options):
    descriptor = os.open(path, flags, 0o644, **options)
    try:
        see_status(os.fstat(descriptor))
        os.write(descriptor, b"guest")
        os.ftruncate(descriptor, 3)
    finally:
        os.close(descriptor)


def listed(path):
    with os.scandir(path) as found:
        for entry in found:
            see_names([entry.name])
            see_status(entry.stat(follow_symlinks=random.random() < 0.5))


def stand_in(path):
    """Goes there, and looks around from there."""
    os.chdir(path)
    try:
        see_names(os.listdir("."))
        see_names(os.listdir(".."))
        os.getcwd()
        for name in ("f", "../f", "sub/f", "../../outside/f"):
            read(name)
    finally:
        os.chdir(MOUNT)


def through_descriptor(path):
    """All that takes a directory's descriptor."""
    directory = os.open(path, os.O_RDONLY)
    try:
        see_status(os.fstat(directory))
        see_names(os.listdir(directory))
        for name in ("f", "sub/f", "../f", "../d/f", "own/f", "../../outside/f"):
            attempt(lambda: read(name, dir_fd=directory))
            attempt(lambda: see_status(os.stat(name, dir_fd=directory)))
        name = random.choice(("new", "sub/new", "../new", "../own"))
        attempt(lambda: write(name, os.O_CREAT | os.O_WRONLY, dir_fd=directory))
        attempt(lambda: os.rename(name, "made", src_dir_fd=directory, dst_dir_fd=directory))
        attempt(lambda: os.utime(name, (1, 1), dir_fd=directory, follow_symlinks=random.random() < 0.5))
        attempt(lambda: os.unlink("made", dir_fd=directory))
        attempt(lambda: os.mkdir("made", dir_fd=directory))
        attempt(lambda: os.rmdir("made", dir_fd=directory))
        attempt(lambda: os.symlink(random.choice(targets), "own", dir_fd=directory))
        attempt(lambda: os.readlink("own", dir_fd=directory))
        os.fchdir(directory)
        attempt(lambda: read("f"))
        attempt(lambda: see_names(os.listdir("..")))
    finally:
        os.close(directory)
        os.chdir(MOUNT)


def walk(path):
    for _, directories, files, descriptor in os.fwalk(path, follow_symlinks=random.random() < 0.5):
        see_names(directories + files)
        see_status(os.fstat(descriptor))
        if random.random() < 0.2:
            break


def attempt(action):
    global met, missed, operations
    operations += 1
    try:
        action()
        met += 1
    except (OSError, NotImplementedError):
        missed += 1


looks = [
    read, read, read, read, listed, stand_in, through_descriptor, walk, os.readlink,
    lambda path: see_names(os.listdir(path)),
    lambda path: see_status(os.stat(path)),
    lambda path: see_status(os.lstat(path)),
]
changes = [
    lambda path: write(path, os.O_WRONLY),
    lambda path: write(path, os.O_WRONLY | os.O_CREAT),
    lambda path: write(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    lambda path: write(path, os.O_RDWR | os.O_CREAT | os.O_APPEND),
    lambda path: write(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    lambda path: write(path, os.O_WRONLY | os.O_NOFOLLOW),
    lambda path: os.truncate(path, 4),
    lambda path: os.chmod(path, 0o755),
    lambda path: os.utime(path, (1, 1)),
    lambda path: os.utime(path, (1, 1), follow_symlinks=False),
    lambda path: os.rename(path, random.choice(moved)),
    lambda path: os.replace(random.choice(moved), path),
    lambda path: os.mkdir(path),
    lambda path: os.symlink(random.choice(targets), path),
]
# Builds of CPython for WASI have hard links, the bundled one has not.
if hasattr(os, "link"):
    changes.append(lambda path: os.link(path, random.choice(moved), follow_symlinks=random.random() < 0.5))
removals = [os.unlink, os.rmdir, lambda path: os.rename(random.choice(entries), random.choice(moved))]


def restore():
    """So that there is something to be met."""
    for path in ("d", "d/sub", "e"):
        attempt(lambda: os.mkdir(path))
        attempt(lambda: write(path + "/f", os.O_WRONLY | os.O_CREAT))
    for path in ("own", "own2", "d/own", "e/own"):
        attempt(lambda: os.symlink(random.choice(targets), path))


os.chdir(MOUNT)
print("on", flush=True)
turn = 0
# Goes on until both the directories and the links have been met, within reason.
while operations < setup["operations"] or ((met == 0 or missed == 0) and operations < 100 * setup["operations"]):
    turn += 1
    if turn % 40 == 1:
        restore()
    kind = random.choices((looks, changes, removals), setup["weights"])[0]
    path = random.choice(random.choice((likely, likely, paths, moved)))
    attempt(lambda: random.choice(kind)(path))
print(json.dumps({"operations": operations, "met": met, "missed": missed, "leaks": leaks[:10]}))
