"""Processes that share the tests, on two cores in little more than half the time: what each has to itself.

    python -m pytest -p tests.apart -n 2

pytest-django gives each a database of its own; this module, which pytest loads before the settings, a Valkey database
and a data folder: shops are numbered from 1 in each. One thread each, because a core each.
Ids of parameters must be the same in all of them: no times, no random numbers, no sets in them.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from xdist.scheduler import LoadScopeScheduling

from dashboard.standalone.environment import SINGLE_THREADED

#: Folders whose tests share what is dear to make: a running Forage, trained models. Elsewhere files stay together.
#: They begin, so that what is left at the end are small parts, and the processes end together.
WHOLE_FOLDERS = ("tests/journeys", "tests/recommender/models", "tests/recommender/cli")


def with_database(url: str, ahead: int) -> str:
    """The address of the Valkey database that lies so many ahead."""
    address = urlsplit(url)
    return address._replace(path=f"/{int(address.path.strip('/') or 0) + ahead}").geturl()


def _have_own_things(worker: int) -> None:
    os.environ.update(SINGLE_THREADED)
    if not worker:
        return
    for name in {"REDIS_URL", "CELERY_BROKER_URL"} & os.environ.keys():
        os.environ[name] = with_database(os.environ[name], worker)
    folder = Path(os.environ["FORAGE_DATA"]) / f"process-{worker}"
    folder.mkdir(exist_ok=True)
    os.environ["FORAGE_DATA"] = str(folder)


def part_of(nodeid: str) -> str:
    """What stays in one process: a folder of WHOLE_FOLDERS, or a file."""
    return next((folder for folder in WHOLE_FOLDERS if nodeid.startswith(folder)), nodeid.split("::")[0])


class ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


@pytest.hookimpl(trylast=True)  # after pytest-django's order, which is kept within a part
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: part_of(item.nodeid) not in WHOLE_FOLDERS)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    config.option.loadscopereorder = False  # files with few tests may be the longest: as they come, not last
    return ByFile(config, log)


if "PYTEST_XDIST_WORKER" in os.environ:
    _have_own_things(int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")))
