"""A shop whose home placement explores."""

import pytest

from dashboard.policies.selectors import placement_by_slug
from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import set_policy
from tests.serving.estimates.served import stock


@pytest.fixture
def home(shop):
    stock(shop)
    ensure_default_placements(shop)
    set_policy(shop, exploration=0.2, diversity=0.0, explore_floor=0.05)
    return placement_by_slug(shop, "home")
