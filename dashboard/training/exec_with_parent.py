"""Start a command that dies with its parent, behind everything else that the machine does. Never imported.

    python exec_with_parent.py PARENT_PID NICE MEMORY_MIB CORES COMMAND…

On Linux the kernel kills it when the parent thread ends, however that ends. Elsewhere it ends at its next line of
progress, when nobody reads the pipe any more. Serving shares the machine: so it runs at low priority, of processors and
of disks. MEMORY_MIB of data and CORES are the most it may take; 0: all there is.
"""

import contextlib
import os
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = 9
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}  # numbers of the system call
IOPRIO_OF_PROCESS, IOPRIO_LOWEST = 1, 2 << 13 | 7  # the last of those that get their turn in the end
MIB = 1024 * 1024


def main() -> None:
    parent, nice, memory_mib, cores, *command = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != int(parent):
            sys.exit("the parent ended first")
        stand_back(libc, int(cores))
    yield_processors(int(nice))
    if int(memory_mib):
        limit_memory(int(memory_mib) * MIB)
    os.execv(command[0], command)  # noqa: S606


def stand_back(libc: object, cores: int) -> None:
    """As far as the kernel and its container let us: a run that may not is a run all the same."""
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if cores:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    except OSError as problem:
        sys.stderr.write(f"the priority stays as it is: {problem}\n")
    if number := IOPRIO_SET.get(os.uname().machine):
        libc.syscall(number, IOPRIO_OF_PROCESS, 0, IOPRIO_LOWEST)  # type: ignore[attr-defined]


def yield_processors(nice: int) -> None:
    """To all other sessions, too: where Linux groups processes by session, nice counts within one alone (sched(7))."""
    now = os.nice(nice)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as autogroup:  # noqa: PTH123
        autogroup.write(str(now))


def limit_memory(most_bytes: int) -> None:
    """Of data, not of addresses: torch maps many times what it uses."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


if __name__ == "__main__":
    main()
