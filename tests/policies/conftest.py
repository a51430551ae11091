import pytest

from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import add_catalog


@pytest.fixture
def catalog(shop):
    """The shop with kitchen and garden things (tests/serving/conftest.py) and its default placements."""
    add_catalog(shop)
    ensure_default_placements(shop)
    return shop
