"""Exchanges entries of a mount for links that lead out of it, as fast as it can, until standard input ends.

Arguments: the mount, a directory beside it, and as JSON the entries: `[path, partner, kind]`, where the partner lies in
the directory beside, and the empty path is the mount itself. At any moment one of the two is the real thing and the
other the link. All goes through descriptors of directories that were opened before the first exchange, so that this
process never follows one of its own links.
"""

import ctypes
import json
import os
import select
import stat
import sys

RENAME_EXCHANGE = 2
# So many exchanges of one entry in a row: with 1 an entry stays what it is for about as long as a guest's look takes, with
# many it changes and changes back within one.
BURSTS = (1,) * 200 + (100, 1, 1, 1) * 2

mount, beside = sys.argv[1:3]
exchange = ctypes.CDLL(None, use_errno=True).renameat2
partners = os.open(beside, os.O_RDONLY | os.O_DIRECTORY)


def place(path):
    """The directory that an entry is in, and its name there."""
    parent, name = os.path.split(os.path.join(mount, path) if path else mount)
    return os.open(parent, os.O_RDONLY | os.O_DIRECTORY), name


def mend(directory, name, partner, target, kind):
    """The guest has removed or moved the entry: puts what the partner is not in its place."""
    try:
        if not stat.S_ISLNK(os.lstat(partner, dir_fd=partners).st_mode):
            os.symlink(target, name, dir_fd=directory)
        elif kind == "file":
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, dir_fd=directory))
        else:
            os.mkdir(name, dir_fd=directory)
    except OSError:
        # The directory around it is gone, or the guest was faster.
        pass


entries = [
    (*place(path), partner, os.readlink(partner, dir_fd=partners), kind)
    for path, partner, kind in json.loads(sys.argv[3])
]
encoded = [(directory, name.encode(), partner.encode()) for directory, name, partner, _, _ in entries]

print("ready", flush=True)
sys.stdin.readline()
swaps = 0
while not select.select([0], [], [], 0)[0]:
    for burst in BURSTS:
        for number, (directory, name, partner) in enumerate(encoded):
            for _ in range(burst):
                if exchange(directory, name, partners, partner, RENAME_EXCHANGE) == 0:
                    swaps += 1
                else:
                    mend(*entries[number])
print(swaps)
