"""One `bin/up` for a data folder at a time. Standard library only: the bootstrap takes the lock."""

import errno
import fcntl
import os
from pathlib import Path

from dashboard.standalone.errors import StartError

LOCK_FILE = "lock"
LOCK_VARIABLE = "FORAGE_LOCK_FD"


def make_data_folder(folder: Path) -> None:
    """Create the folder, or say why it cannot hold data."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise StartError(f"{folder} is a file, not a folder; choose another with --data") from error
    except OSError as error:
        raise StartError(_cannot_write(folder, error)) from error


def hold_lock(folder: Path) -> int:
    """Lock the folder for this process and what it becomes; returns the descriptor that carries the lock.

    The kernel frees the lock when the process ends, however it ends.
    """
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(_cannot_write(folder, error)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(descriptor, 32).decode(errors="replace").strip()
        os.close(descriptor)
        raise StartError(f"Forage already runs on {folder} (process {owner or 'unknown'}); stop it first") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def inherited_lock(folder: Path) -> int:
    """The lock that the bootstrap handed over, kept away from child processes; or a fresh one."""
    handed_over = os.environ.pop(LOCK_VARIABLE, None)
    descriptor = int(handed_over) if handed_over else hold_lock(folder)
    os.set_inheritable(descriptor, False)
    return descriptor


def _cannot_write(folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"no space left on the disk of {folder}; free some and start again"
    return f"cannot write to {folder}: {error.strerror}; choose another folder with --data"
