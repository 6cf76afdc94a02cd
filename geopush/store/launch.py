"""Become another program, as another user, that hears when our parent ends.

Run as ``python -I -S -c <this text> parent signal uid gid program argument...``: a
process of its own, because doing this between fork and exec is not safe beside threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: list[str]) -> None:
    """Turn this process into the program."""
    parent, signal, uid, gid = map(int, arguments[:4])
    program = arguments[4:]
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":  # after setuid, which forgets it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:  # it ended before we asked to be told
        sys.exit("the process that started this one has ended")
    os.execv(program[0], program)  # noqa: S606 (no shell is meant)


if __name__ == "__main__":
    main(sys.argv[1:])
