"""What keeps `bin/up` from starting is one line and a status, before anything is installed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.standalone import lock
from dashboard.standalone.discovery import ROOT

BOOTSTRAP = ROOT / "dashboard" / "standalone" / "bootstrap.py"


def up(*arguments):
    return subprocess.run(
        [sys.executable, "-I", str(BOOTSTRAP), "up", *map(str, arguments)], capture_output=True, text=True, timeout=60
    )


def assert_one_line(result, *words):
    assert result.returncode != 0
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert all(word in lines[0] for word in words), lines[0]


def test_a_port_in_use_is_named(data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert_one_line(up("--data", data, "--port", port), f"port {port} is in use", "--port")


def test_a_second_start_on_the_same_data_says_who_runs(data):
    held = lock.hold_lock(data)
    try:
        assert_one_line(up("--data", data), "already runs", str(data), str(os.getpid()))
    finally:
        os.close(held)


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").write_text("")
    assert_one_line(up("--data", tmp_path / "data"), "is a file", "--data")


def test_a_data_folder_that_cannot_be_made_is_refused():
    assert_one_line(up("--data", "/proc/forage"), "/proc/forage", "--data")


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(data, port):
    result = up("--data", data, "--port", port)
    assert result.returncode == 2
    assert "a port is a number from 1 to 65535" in result.stderr


def fake_python(folder: Path, version: str, *, has_venv: bool = True):
    """A python3 that claims a version, and nothing else on the PATH but what the script itself needs."""
    new_enough = 0 if tuple(map(int, version.split("."))) >= (3, 11) else 1
    script = folder / "python3"
    script.write_text(
        f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *ensurepip*) exit {0 if has_venv else 1};; '
        f"*) exit {new_enough};; esac\n"
    )
    script.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(ROOT / "bin" / "find-python")], env={"PATH": str(folder)}, capture_output=True, text=True
    )


def test_an_old_python_is_refused_by_version(tmp_path):
    assert_one_line(fake_python(tmp_path, "3.9.2"), "needs Python 3.11 or newer", "only Python 3.9.2")


def test_a_python_without_venv_says_what_to_install(tmp_path):
    assert_one_line(fake_python(tmp_path, "3.11.2", has_venv=False), "python3-venv")


def test_a_new_python_is_found(tmp_path):
    assert fake_python(tmp_path, "3.12.1").stdout.strip() == str(tmp_path / "python3")
