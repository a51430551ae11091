"""One running Forage for all journeys: starting it costs more than they do."""

import pytest

from tests.journeys.system import running_system


@pytest.fixture(scope="package")
def system():
    with running_system() as running:
        yield running
