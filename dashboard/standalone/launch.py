"""Become another program, as an unprivileged user if asked, that ends when its supervisor ends.

    python -I -S launch.py SUPERVISOR_PID SIGNAL NICE UID GID PROGRAM [ARGUMENT…]

NICE is how far it stands back behind the others; UID and GID are -1 to stay as they are. The supervisor does not do
this between fork and exec itself, because it has threads. Standard library only; costs about 20 ms.
"""

import contextlib
import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def stand_back(nice: int) -> None:
    """As far as the kernel lets us: a program of another priority is a program all the same.

    Linux compares nice values within a session alone where it groups processes by session (autogroup, see sched(7)),
    and every program here has a session of its own: so the session is told, too.
    """
    now = os.nice(nice)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # takes nobody's processor when it wakes
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as autogroup:  # noqa: PTH123
        autogroup.write(str(now))


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
    parent, signal_number, nice, uid, gid = map(int, arguments[:5])
    if nice:
        stand_back(nice)
    if uid >= 0:
        drop_privileges(uid, gid)
    die_with(parent, signal_number)
    os.execv(arguments[5], arguments[5:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
