"""What came into the catalog after the model was trained stands among the candidates soon, exploring or not."""

import pytest

from dashboard.policies.selectors import published_policy
from dashboard.serving import shop_stats
from dashboard.serving.fallbacks import gather
from dashboard.serving.request_context import read_request_context
from dashboard.serving.types import SlateRequest
from dashboard.training.models import Artifact, Run
from tests.recommender.serving.garden import ITEMS_OF_A_TASTE, TASTES, THEMES, item
from tests.serving.conftest import add_item, send, set_policy


@pytest.fixture
def garden(catalog, model_folder):
    """A shop whose model knows all of its items but one, and fills every slate."""
    for taste in range(TASTES):
        for number in range(ITEMS_OF_A_TASTE):
            add_item(catalog, item(taste, number), categories=[THEMES[taste]])
    run = Run.objects.create(shop=catalog, state="published", trigger="manual")
    Artifact.objects.create(shop=catalog, run=run, version=1, path=str(model_folder), is_active=True)
    send(catalog, "fern", item(1, 3))
    send(catalog, "fern", item(1, 4))
    shop_stats.forget(catalog.pk)
    return catalog


def candidates(shop):
    """{item: source} of a visitor whom the model knows."""
    context = read_request_context(SlateRequest(shop=shop, placement="home", visitor_id="fern"))
    pool, answered_by = gather(context, published_policy(shop_id=shop.pk, slug="home").policy, 3)
    assert answered_by == ""  # the model
    return dict(zip(pool.items, pool.sources, strict=True))


@pytest.mark.parametrize("exploration", [0.0, 0.5])
def test_a_new_item_is_a_candidate_beside_what_the_model_proposes(garden, exploration):
    set_policy(garden, exploration=exploration)
    add_item(garden, "just-in", days_old=1, categories=[THEMES[1]])
    assert candidates(garden)["just-in"] == "new"


def test_one_that_is_older_than_the_policy_explores_is_none(garden):
    set_policy(garden, exploration=0.0, explore_max_age_days=30)
    add_item(garden, "late-in", days_old=40, categories=[THEMES[1]])
    assert "late-in" not in candidates(garden)


def test_what_processes_remember_of_the_newest_items_is_half_a_minute_old_at_most(garden, monkeypatch):
    kept = {}
    monkeypatch.setattr(shop_stats.cache, "set", lambda key, value, seconds: kept.update({key: seconds}))
    monkeypatch.setattr(shop_stats.time, "monotonic", lambda: 1_000.0)
    shop_stats.newest_item_rows(garden.pk)
    key = f"serving:newest_items:{garden.pk}"
    assert kept[key] + shop_stats._own[key][0] - 1_000.0 <= 30
