"""Compile the inner loops into a directory: ``python -m zones.kernel DIRECTORY``.

Compiling holds the interpreter for half a minute, so it is done in a process of its
own; of several at a time one compiles, and the others wait for it. Without a directory
they go where an image keeps them.
"""

import fcntl
import shutil
import sys
from pathlib import Path

from zones.cells import rehearse
from zones.kernel import load
from zones.kernel.kept import SHIPPED, edition, find_kept, seal


def main(directory: Path) -> None:
    """Leave all loops of this edition in the directory, whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_kept(directory) is None:
            place = directory / edition()
            draft = place.with_suffix(".draft")
            for left in (draft, place):
                shutil.rmtree(left, ignore_errors=True)
            rehearse(load(draft))
            seal(draft)
            draft.rename(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED)
