"""A service that kept one caller waiting keeps nobody else waiting until it answers again."""

import threading

import pytest

from dashboard.core import circuits
from dashboard.core.circuits import Circuit
from tests.journeys.system import eventually


@pytest.fixture(autouse=True)
def probed_often(monkeypatch):
    monkeypatch.setattr(circuits, "PROBE_SECONDS", 0.01)


@pytest.fixture
def service():
    """`set` while the service is well."""
    return threading.Event()


def test_it_stays_open_until_the_service_answers(service):
    circuit = Circuit("service", service.is_set)
    assert not circuit.is_open
    circuit.open()
    assert circuit.is_open
    service.set()
    eventually(lambda: not circuit.is_open or None)


def test_a_probe_that_fails_is_no_answer(service):
    asked = threading.Event()

    def probe():
        asked.set()
        if not service.is_set():
            raise ConnectionError
        return True

    circuit = Circuit("service", probe)
    circuit.open()
    assert asked.wait(5)
    assert circuit.is_open
    service.set()
    eventually(lambda: not circuit.is_open or None)


def test_what_could_not_be_told_is_told_when_it_is_back_once_a_key(service):
    told = []
    circuit = Circuit("service", service.is_set)
    circuit.when_back("a", lambda: told.append("earlier"))
    circuit.when_back("a", lambda: told.append("later"))
    circuit.open()
    assert told == []
    service.set()
    eventually(lambda: told == ["later"] or None)


def test_it_closes_in_a_process_whose_watching_thread_was_left_behind(service, monkeypatch):
    """As after a fork: the state is there, the thread is not."""
    circuit = Circuit("service", service.is_set)
    with monkeypatch.context() as without_threads:
        without_threads.setattr(threading.Thread, "start", lambda self: None)
        circuit.open()
    service.set()
    eventually(lambda: not circuit.is_open or None)
