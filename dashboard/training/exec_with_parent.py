"""Start a command that dies with its parent: `python exec_with_parent.py PARENT_PID COMMAND…`. Never imported.

On Linux the kernel kills it when the parent thread ends, however that ends. Elsewhere it ends at its next line of
progress, when nobody reads the pipe any more. It runs at low priority: serving shares the machine.
"""

import os
import sys

PR_SET_PDEATHSIG = 1
SIGKILL = 9


def main() -> None:
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != int(parent):
            sys.exit("the parent ended first")
    os.nice(10)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
