"""A worker whose supervisor was killed ends, whatever it is doing, and its children with it.

The guard of the supervisor stops it in order (dashboard/standalone/guard.py); the kernel tells it as well, on Linux.
This is for the day on which both were killed, and for a Celery that does not end when it is told to: while it waits for
a broker that has gone too, or in a child that is in the middle of a task.
"""

import os
import signal
import threading
import time
from typing import Any

from celery.signals import beat_init, worker_init, worker_process_init

SUPERVISED = "FORAGE_SUPERVISED"  # as dashboard.standalone.children.MARKER
LOOK_SECONDS = 1.0
GRACE_SECONDS = 8.0  # the guard asks, waits for five, and kills


def end_with_supervisor(**_: Any) -> None:
    """Of a worker that `bin/up` started: end with it. One that was started by hand is its own master."""
    if os.environ.get(SUPERVISED):
        _watch(GRACE_SECONDS)


def end_with_worker(**_: Any) -> None:
    """Of a child that carries tasks: end with its worker, however that was started."""
    _watch(0.0)


def _watch(grace_seconds: float) -> None:
    threading.Thread(target=_end_after, args=(os.getppid(), grace_seconds), name="parent-watch", daemon=True).start()


def _end_after(parent: int, grace_seconds: float) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    time.sleep(grace_seconds)
    if os.getpgrp() == os.getpid():  # a worker leads its group: the supervisor starts it so
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


worker_init.connect(end_with_supervisor)
beat_init.connect(end_with_supervisor)
worker_process_init.connect(end_with_worker)
