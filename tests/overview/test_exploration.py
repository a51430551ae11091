"""Which tried items earn their place: only those whose interval is clear of the usual rate."""

import pytest
from django.core.cache import cache

from dashboard.overview.exploration import exploration_found, verdict, wilson_interval
from tests.browser.seed import seed_shop


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # R: prop.test(x, n, correct = FALSE)$conf.int
    [(0, 20, 0.0, 0.1611), (10, 100, 0.0552, 0.1744), (20, 20, 0.8389, 1.0)],
)
def test_the_interval_is_wilsons(successes, trials, low, high):
    found = wilson_interval(successes, trials)
    assert found == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_verdict_needs_the_whole_interval_on_one_side():
    assert verdict(30, 100, 0.05) == "earns"
    assert verdict(0, 500, 0.05) == "back"
    assert verdict(2, 20, 0.05) == "early"


def test_one_lucky_click_is_no_verdict():
    assert verdict(1, 1, 0.02) == "early"


def test_explored_slots_and_their_clicks_are_counted(shop):
    seed_shop(shop)
    found = exploration_found(shop, 7)
    best, item = found.rows[0]
    assert found.tried == found.earns + found.early + found.back
    assert (item.item_id, best.verdict, best.clicks) == ("gar-0", "earns", best.shown)


def test_another_shops_slates_are_not_seen(shop, other_shop):
    seed_shop(other_shop)
    assert exploration_found(shop, 7).tried == 0


def test_an_item_that_is_shown_without_exploration_was_not_found_by_it(shop):
    seed_shop(shop)
    tried = {row.item_id for row, _item in exploration_found(shop, 7).rows}
    assert tried
    assert all(item_id.endswith("-0") for item_id in tried)


def test_items_that_went_back_are_listed_before_those_that_need_more(shop):
    seed_shop(shop)
    verdicts = [row.verdict for row, _item in exploration_found(shop, 7).rows]
    assert verdicts.index("back") < len(verdicts)
    assert verdicts == sorted(verdicts, key=["earns", "back", "early"].index)
