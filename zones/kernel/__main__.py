"""Compile the inner loops into a directory: ``python -m zones.kernel DIRECTORY``.

Compiling holds the interpreter for half a minute, so it is done in a process of its own.
"""

import sys

from zones.cells import load_kernel, rehearse

if __name__ == "__main__":
    kernel = load_kernel(sys.argv[1])
    if kernel is not None:
        rehearse(kernel)
