"""A Celery application whose worker hears no signal that can be ignored, once it is ready."""

import signal
import sys

from celery.signals import worker_ready

from workers.app import app

__all__ = ["app"]


@worker_ready.connect
def stop_listening(**_):
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sys.stderr.write("deaf from now on\n")
