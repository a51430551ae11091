"""Which tried items earn their place: only those whose interval is clear of the usual rate."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.models import Exposure, Interaction
from dashboard.events.selectors import last_days
from dashboard.ledger.judging import verdict, wilson_interval
from dashboard.ledger.selectors import Tried, ledger_of
from dashboard.ledger.selectors import exploration_found as found_in_period
from dashboard.ledger.selectors.tried import telling
from dashboard.ledger.services import sum_closed_days
from tests.browser.seed import seed_shop


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def exploration_found(shop, days):
    """Of days that are over, summed."""
    sum_closed_days(shop=shop)
    return found_in_period(shop, last_days(shop, days))


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


def test_an_item_is_judged_by_the_placement_where_it_was_shown(shop):
    """A tenth of Home's showings of the vase were clicked: more than is usual there, less than on product pages."""
    for placement, item_id, explore, shown, clicked in [
        ("product", "mug", False, 200, 100),
        ("home", "mug", False, 400, 4),
        ("home", "vase", True, 200, 20),
    ]:
        show(shop, placement, item_id, explore=explore, shown=shown, clicked=clicked)
    Item.objects.create(shop=shop, item_id="vase", title="Vase")
    ((vase, _item),) = exploration_found(shop, 7).rows
    assert (vase.item_id, vase.verdict) == ("vase", "earns")


def show(shop, placement, item_id, *, explore, shown, clicked):
    """Slates of one item, of which so many were clicked."""
    for number in range(shown):
        slate, at = uuid.uuid4(), clock.now() - timedelta(days=2)
        common = {"visitor_id": f"v{number}", "placement": placement, "recommendation_id": slate}
        served = {"policy_version": 1, "policy_hash": "", "temperature": 0.1, "seed": 1, "candidates": {}}
        items = [{"item_id": item_id, "explore": explore}]
        Exposure.objects.create(shop_id=shop.pk, served_at=at, items=items, **served, **common)
        if number < clicked:
            Interaction.objects.create(shop=shop, event_id=str(slate), type="select_item", item_id=item_id,
                                       timestamp=at, received_at=at, **common)  # fmt: skip


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


@pytest.mark.parametrize(
    ("earn", "went_back", "undecided", "listed"),
    [(9, 5, 3, "eeeebb"), (9, 1, 3, "eeeeeb"), (3, 9, 3, "eeebbb"), (1, 1, 9, "ebllll"), (9, 0, 0, "eeeeee")],
)
def test_what_went_back_is_listed_however_much_earns_its_place(earn, went_back, undecided, listed):
    letters = {"earns": "e", "back": "b", "early": "l"}
    counts = {"early": undecided, "back": went_back, "earns": earn}
    tried = [Tried(f"{name}-{number}", 30 + number, 2, name) for name, n in counts.items() for number in range(n)]
    rows = telling(tried)
    assert "".join(letters[row.verdict] for row in rows) == listed
    assert rows[0].shown == max(row.shown for row in tried if row.verdict == rows[0].verdict)


def test_overview_and_ledger_say_the_same(client, shop, owner):
    """Of the same days, whatever page one looks at."""
    seed_shop(shop)
    found = exploration_found(shop, 7)
    client.force_login(owner)
    pages = [f"/shops/{shop.slug}/exploration/?days=7", f"/shops/{shop.slug}/ledger/?days=7"]
    said = [client.get(address).content.decode() for address in pages]
    wanted = f'<data data-fact="tried-items::7" value="{found.tried}">'
    assert found.tried > 0
    assert all(wanted in page for page in said)
    assert ledger_of(shop, 7).found.earns == found.earns
