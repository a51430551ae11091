"""What a web process loads: it holds models for many shops, so every megabyte of code is one less of them."""

import json
import os
import subprocess
import sys

LOADED = """
import json, sys
import dashboard.wsgi
from django.urls import resolve
resolve("/api/v1/recommendations")
import recommender.serving
print(json.dumps(sorted({name.partition(".")[0] for name, module in sys.modules.items() if module is not None})))
"""
HEAVY = {"gbstats", "jinja2", "pandas", "pyarrow", "pygments", "requests", "scipy.stats", "sklearn", "torch"}


def test_a_web_process_loads_nothing_heavy_that_it_does_not_call():
    found = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, env=dict(os.environ), timeout=120
    )
    assert set(json.loads(found.stdout)) & HEAVY == set()
