"""No worker outlives a supervisor and a guard that were both killed: real processes, real SIGKILL."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

SUPERVISOR = """
import os, signal, sys, time
from pathlib import Path
from dashboard.standalone.children import MARKER, Child, Guard, Program
folder, root = map(Path, sys.argv[1:])
words = "-m celery -A tests.workers.deaf worker --queues nobodys --hostname deaf@%h --pool prefork --concurrency 1"
program = Program("worker", (sys.executable, *words.split(), "--without-gossip", "--without-mingle"), root,
                  {**os.environ, MARKER: str(folder)}, stop_signal=signal.SIGQUIT)
guard = Guard()
child = Child(program, folder / "worker.log", guard)
child.start()
print(child.pid, guard.pid, flush=True)
time.sleep(600)
"""


def eventually(holds, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen in time")


def lives(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_worker_that_hears_nothing_ends_with_a_killed_supervisor_and_guard(settings, tmp_path):
    root = settings.BASE_DIR
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), str(root)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as supervisor:
        worker, guard = map(psutil.Process, map(int, supervisor.stdout.readline().split()))
        log = tmp_path / "worker.log"
        eventually(lambda: "deaf from now on" in log.read_text())
        family = [worker, *worker.children(recursive=True)]
        assert len(family) > 1, "a child carries its tasks"
        os.kill(guard.pid, signal.SIGKILL)
        supervisor.kill()
    try:
        eventually(lambda: not any(map(lives, family)))
    finally:
        for process in filter(lives, family):
            process.kill()
