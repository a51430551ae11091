"""A connection to PostgreSQL has the priority of the process that uses it, where both are of one machine."""

import json
import os
import subprocess
import sys

import pytest

from tests.journeys.system import ROOT

LOOK = """
import json, os, django
os.nice(int(os.environ["NICE"]))
django.setup()
import psutil
from django.db import connection
from dashboard.core.tenancy import operator_scope
with operator_scope("how it is connected"), connection.cursor() as cursor:
    cursor.execute("SELECT pg_backend_pid(), current_setting('max_parallel_workers_per_gather')")
    pid, helpers = cursor.fetchone()
print(json.dumps([psutil.Process(pid).nice(), int(helpers)]))
"""


def connected(nice: int, *, is_here: bool) -> tuple[int, int]:
    """(priority of the server's process, helpers that it may have) of a process of this priority."""
    own = {
        "NICE": str(nice),
        "FORAGE_DATABASE_IS_HERE": str(int(is_here)),
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True, check=True
    )
    priority, helpers = json.loads(done.stdout)
    return priority, helpers


@pytest.mark.django_db
def test_the_server_stands_back_for_a_process_that_stands_back():
    usual, helpers = connected(0, is_here=True)
    assert helpers > 0
    assert connected(7, is_here=True) == (usual + 7, 0)


@pytest.mark.django_db
def test_the_server_of_another_machine_is_left_alone():
    assert connected(7, is_here=False) == connected(0, is_here=True)
