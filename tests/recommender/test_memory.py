"""Memory that a command keeps between batches."""

import json
import subprocess
import sys

import pytest

MEASURE = """
import json, resource, sys
import numpy as np
from recommender.memory import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == "keep" else None
np.ones(2_000_000).sum()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(30):
    np.ones(2_000_000).sum()
print(json.dumps([kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before]))
"""


def pages_asked_for(how):
    ran = subprocess.run([sys.executable, "-c", MEASURE, how], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def test_an_array_as_large_as_the_last_one_takes_no_new_pages():
    kept, pages = pages_asked_for("keep")
    if not kept:
        pytest.skip("this C library always gives memory back")
    assert pages < 0.2 * pages_asked_for("give back")[1]
