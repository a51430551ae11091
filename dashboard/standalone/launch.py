"""Become another program, as an unprivileged user if asked, that ends when its supervisor ends.

    python -I -S launch.py SUPERVISOR_PID SIGNAL UID GID PROGRAM [ARGUMENT…]

UID and GID are -1 to stay as they are. The supervisor does not do this between fork and exec itself, because it has
threads. Standard library only; costs about 20 ms.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def drop_privileges(uid: int, gid: int) -> None:
    """For good: real, effective and saved ids, and no supplementary groups."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal_number: int) -> None:
    """Linux only (elsewhere guard.py alone does this). After dropping privileges: that resets it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it died before we asked
            raise SystemExit(1)


def main(arguments: list[str]) -> None:
    parent, signal_number, uid, gid = map(int, arguments[:4])
    if uid >= 0:
        drop_privileges(uid, gid)
    die_with(parent, signal_number)
    os.execv(arguments[4], arguments[4:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
