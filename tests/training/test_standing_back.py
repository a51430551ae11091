"""A training stands back behind serving, and two never go at once unless somebody wants it: real processes."""

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from dashboard.training.services.lease import Timing
from dashboard.training.services.trainer import TrainerFailed, run_trainer

TIMING = Timing(tick_seconds=0.02)
SAY = """
import json, os, resource
print(json.dumps({
    "nice": os.nice(0), "policy": os.sched_getscheduler(0), "cores": len(os.sched_getaffinity(0)),
    "data": resource.getrlimit(resource.RLIMIT_DATA)[0],
    "session": open("/proc/self/autogroup").read().split()[-1],
}))
"""


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def told(code):
    lines = []
    train(code, lines.append)
    return json.loads(next(line.text for line in lines if line and line.is_progress))


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="a kernel that groups processes by session")
def test_it_has_the_priority_the_memory_and_the_cores_that_are_set(settings):
    settings.TRAINER_NICE, settings.TRAINER_MEMORY_MIB, settings.TRAINER_CORES = 7, 900, 1
    nice = min(os.nice(0) + 7, 19)
    assert told(SAY) == {
        "nice": nice,
        "session": str(nice),
        "policy": os.SCHED_BATCH,
        "cores": 1,
        "data": 900 * 1024 * 1024,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_one_that_wants_more_memory_ends_and_says_so(settings):
    settings.TRAINER_MEMORY_MIB = 200
    with pytest.raises(TrainerFailed, match="MemoryError"):
        told("bytearray(400 * 1024 * 1024)")


@pytest.fixture
def first(tmp_path):
    """A training that goes on until `first.end()`; `heard` is what trainings said, in order."""
    return First(tmp_path / "end")


class First:
    def __init__(self, door):
        self.heard, self._door = [], door
        os.mkfifo(door)
        begun = threading.Event()
        code = f"print('first', flush=True); open({str(door)!r}).read(); print('first ends')"

        def hear(line):
            if line:
                self.heard.append(line.text)
                begun.set()

        self._thread = threading.Thread(target=train, args=(code, hear))
        self._thread.start()
        assert begun.wait(20)

    def end(self):
        if self._door.exists():
            self._door.open("w").close()
            self._door.unlink()
        self._thread.join()


def train(code, hear):
    run_trainer([sys.executable, "-c", code], hear=hear, timing=TIMING)


def test_a_second_one_on_the_machine_waits_its_turn_and_goes_on_beating(first):
    ticks = []

    def hear(line):
        if line:
            first.heard.append(line.text)
        else:
            ticks.append(1)
            if len(ticks) == 3:
                first.end()

    train("print('second')", hear)
    first.end()
    assert first.heard == ["first", "first ends", "second"]
    assert len(ticks) >= 3


def test_who_has_the_machine_for_it_lets_several_go_at_once(first, settings):
    settings.TRAINER_RUNS_AT_ONCE = 2
    train("print('second')", lambda line: line and first.heard.append(line.text))
    first.end()
    assert first.heard == ["first", "second", "first ends"]


def test_who_waits_can_be_told_to_stop(first):
    def stop(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        train("", stop)
    first.end()
    train("", lambda _: None)
