"""Start Granian with the application loaded, so that its processes share that memory instead of loading it each.

    python -m dashboard.standalone.web [options of granian] dashboard.wsgi:application

A worker that dies is there again at once, too: it is forked, not started. Where processes are not forked (macOS) it is
Granian as it is.
"""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import resolve
from granian.cli import entrypoint

import dashboard.unused_imports  # noqa: F401  before all others

#: A request that asks the database six times waits six times for the interpreter while a thread loads a model.
SWITCH_INTERVAL_SECONDS = 0.0005


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    load()
    gc.collect()
    gc.freeze()  # a collection would write into pages that are shared
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    entrypoint()


def load() -> None:
    """Every module that answers, and nothing that lives: threads and connections do not survive a fork."""
    get_wsgi_application()
    import dashboard.api.fast_path
    import recommender.serving  # noqa: F401

    for path in dashboard.api.fast_path.HOT_PATHS:
        resolve(path)


if __name__ == "__main__":
    main()
