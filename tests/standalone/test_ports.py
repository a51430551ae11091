"""Ports stay the same until somebody else takes them."""

import socket

import pytest

from dashboard.standalone import ports
from dashboard.standalone.errors import StartError


@pytest.fixture
def listener():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_is_remembered(tmp_path):
    assert ports.remembered_port(tmp_path, "postgres") == ports.remembered_port(tmp_path, "postgres")


def test_two_servers_never_share_a_port(tmp_path):
    assert ports.remembered_port(tmp_path, "postgres") != ports.remembered_port(tmp_path, "valkey")


def test_a_port_that_another_program_took_is_chosen_anew_and_remembered(tmp_path, listener):
    (tmp_path / ports.PORTS_FILE).write_text(f'{{"postgres": {listener}}}')
    chosen = ports.remembered_port(tmp_path, "postgres")
    assert chosen != listener
    assert ports.remembered_port(tmp_path, "postgres") == chosen


def test_a_damaged_file_of_ports_is_written_anew(tmp_path):
    (tmp_path / ports.PORTS_FILE).write_text("{")
    assert ports.LOWEST <= ports.remembered_port(tmp_path, "valkey") <= ports.HIGHEST


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(StartError, match=r"192\.0\.2\.1:8000"):
        ports.require_free(8000, "192.0.2.1")
