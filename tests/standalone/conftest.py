"""Data folders whose servers are stopped at the end of a test, whatever it did to them."""

import shutil
import tempfile
from pathlib import Path

import pytest

from dashboard.standalone.leftovers import stop_leftovers


@pytest.fixture
def data():
    """An empty data folder below a folder that only its owner may enter, as /root is."""
    parent = Path(tempfile.mkdtemp(prefix="forage-data-")).resolve()
    folder = parent / "var"
    folder.mkdir(mode=0o700)
    (folder / "logs").mkdir()
    yield folder
    stop_leftovers(folder)
    shutil.rmtree(parent)
