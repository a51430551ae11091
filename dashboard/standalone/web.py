"""Start Granian with the application loaded, so that its processes share that memory instead of loading it each.

    python -m dashboard.standalone.web [options of granian] dashboard.wsgi:application

A worker that dies is there again at once, too: it is forked, not started. Where processes are not forked (macOS) it is
Granian as it is.
"""

import gc

from granian.cli import entrypoint


def main() -> None:
    import dashboard.wsgi  # noqa: F401

    load_hot_routes()
    gc.collect()
    gc.freeze()  # a collection would write into pages that are shared
    entrypoint()


def load_hot_routes() -> None:
    """What the first request would load."""
    from django.urls import resolve

    import recommender.serving  # noqa: F401
    from dashboard.api.hot_paths import HOT_PATHS

    for path in HOT_PATHS:
        resolve(path)


if __name__ == "__main__":
    main()
