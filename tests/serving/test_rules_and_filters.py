"""What must never be in a slate is not in it, and what the caller asks of every item holds for every item."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.catalog.filter_fields import parsed_filters
from dashboard.catalog.filters import ItemFilters
from dashboard.catalog.models import Item
from dashboard.core import errors
from dashboard.experiments.models import Experiment, Variant
from dashboard.experiments.services.assign import forget_running
from tests.serving.conftest import ROWS, SERVABLE, add_item, ask, ids, send, set_policy

CATEGORY = {row[0]: row[2] for row in ROWS}


def all_of(shop, **fields):
    return set(ids(ask(shop, n=100, **fields)))


def test_what_is_sold_out_or_deleted_is_never_shown(catalog):
    assert "rare" not in all_of(catalog)
    Item.objects.filter(shop=catalog, item_id="fork").update(deleted_at="2026-11-01T00:00:00Z")
    assert "fork" not in all_of(catalog)


def test_stock_counts_at_the_next_request(catalog):
    assert "rare" not in all_of(catalog)
    Item.objects.filter(shop=catalog, item_id="rare").update(in_stock=True)
    assert "rare" in all_of(catalog)


def test_the_cart_of_the_request_stays_out_with_its_variants(catalog):
    assert not all_of(catalog, cart_items=("mug-red", "bowl")) & {"mug-red", "mug-blue", "bowl"}


def test_what_lies_in_the_visitor_s_cart_stays_out(catalog):
    send(catalog, "v1", "bowl", "add_to_cart")
    assert "bowl" not in all_of(catalog, visitor_id="v1")


def test_what_was_bought_lately_stays_out_with_its_variants(catalog):
    send(catalog, "v1", "", "purchase", items=[{"item_id": "mug-blue"}], order_id="o1")
    assert not all_of(catalog, visitor_id="v1") & {"mug-red", "mug-blue"}
    assert "mug-red" in all_of(catalog, visitor_id="v2") or "mug-blue" in all_of(catalog, visitor_id="v2")


def test_the_item_on_the_page_is_not_recommended_on_its_own_page(catalog):
    assert "teapot" not in all_of(catalog, placement="product", context_items=("teapot",))


def test_one_variant_of_a_product_is_enough(catalog):
    assert len(all_of(catalog) & {"mug-red", "mug-blue"}) == 1


def test_another_shop_s_items_are_never_shown(catalog, other_shop):
    add_item(other_shop, "theirs")
    send(other_shop, "v1", "theirs")
    assert "theirs" not in all_of(catalog, visitor_id="v1")
    assert ids(ask(other_shop, n=5)) == ["theirs"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"price_max": 9}, {"whisk", "trowel", "mug-red"}),
        ({"price_min": "28", "price_max": 30}, {"spade", "fork"}),
        ({"category": "Garden"}, {"spade", "fork", "trowel", "lantern"}),
        ({"category": ["Garden", "Kitchen"], "brand": "Glow"}, {"lantern"}),
        ({"brand": ["Whizz", "Glow"]}, {"whisk", "bowl", "lantern"}),
        ({"attributes": {"colour": "green"}}, {"special"}),
        ({"attributes": {"colour": ["blue", "green"]}}, {"special"}),
        ({"where": 'category = "Garden" and price < 20 and not brand in ("Glow")'}, {"trowel"}),
        ({"where": "attributes.colour contains 'GRE' or price >= 30", "price_max": 40}, {"spade"}),
        ({"in_stock": True, "brand": "Nobody"}, set()),
    ],
)
def test_every_item_passes_the_filters(catalog, raw, expected):
    add_item(catalog, "special", attributes={"colour": "green"}, price=50)
    assert {item.replace("mug-blue", "mug-red") for item in all_of(catalog, filters=parsed_filters(raw))} == expected


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"colour": "red"}, "filters.colour"),
        ({"in_stock": False}, "filters.in_stock"),
        ({"price_min": "cheap"}, "filters.price_min"),
        ({"price_min": True}, "filters.price_min"),
        ({"price_max": "NaN"}, "filters.price_max"),
        ({"price_min": 9, "price_max": 8}, "filters.price_max"),
        ({"category": []}, "filters.category"),
        ({"brand": [1]}, "filters.brand"),
        ({"attributes": {"a": {"b": 1}}}, "filters.attributes.a"),
        ({"attributes": {"a": ["x", 1]}}, "filters.attributes.a"),
        ({"attributes": {"a": []}}, "filters.attributes.a"),
        ({"attributes": ["a"]}, "filters.attributes"),
        ({"where": 1}, "filters.where"),
        ({"where": "price <"}, "filters.where"),
        ([1], "filters"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_and_never_dropped(raw, field):
    with pytest.raises(errors.Invalid) as refusal:
        parsed_filters(raw)
    assert list(refusal.value.fields) == [field]


def test_a_pin_stands_where_it_was_pinned_with_certainty(catalog):
    set_policy(catalog, exploration=0.5, rules=[{"kind": "pin", "match": {"item_id": "lantern"}, "position": 2}])
    slate = ask(catalog, n=4)
    pinned = slate.items[1]
    assert (pinned.item_id, pinned.propensity, pinned.reason) == ("lantern", 1.0, "pinned")


def test_a_pinned_item_that_is_sold_out_is_not_shown(catalog):
    set_policy(catalog, rules=[{"kind": "pin", "match": {"item_id": "rare"}, "position": 1}])
    assert "rare" not in ids(ask(catalog, n=4))


def test_a_pin_reaches_an_item_that_no_step_proposed(catalog):
    for visitor in range(3):
        for item_id in ("fork", "spade", "trowel"):
            send(catalog, f"v{visitor}", item_id)
    set_policy(catalog, rules=[{"kind": "pin", "match": {"item_id": "whisk"}, "position": 1}])
    assert ids(ask(catalog, n=2))[0] == "whisk"


def test_excluded_categories_stay_out_and_the_rest_fills_the_slate(catalog):
    set_policy(catalog, rules=[{"kind": "exclude", "match": {"categories": "Garden"}}])
    assert {CATEGORY[item] for item in all_of(catalog)} == {"Kitchen"}


def test_include_only_finds_its_items_behind_a_page_of_newer_ones(catalog, monkeypatch):
    monkeypatch.setattr("dashboard.serving.fallbacks.NEWEST_PAGE", 3)
    set_policy(catalog, rules=[{"kind": "include_only", "match": {"brand": "Digwell"}}])
    assert all_of(catalog) == {"spade", "fork", "trowel"}


requests = st.fixed_dictionaries(
    {
        "n": st.integers(1, 12),
        "seed": st.integers(0, 2**63 - 1),
        "cart_items": st.lists(st.sampled_from(SERVABLE), max_size=3).map(tuple),
        "exclude_items": st.lists(st.sampled_from([*SERVABLE, "unknown"]), max_size=4).map(tuple),
        "context_items": st.lists(st.sampled_from([*SERVABLE, "unknown"]), max_size=2).map(tuple),
        "visitor_id": st.sampled_from(["", "v1", "stranger"]),
        "filters": st.sampled_from(
            [ItemFilters(), ItemFilters(price_max=Decimal(15)), ItemFilters(brands=("Digwell",))]
        ),
    }
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=requests, exploration=st.sampled_from([0.0, 0.3, 1.0]))
def test_whatever_is_asked_a_slate_keeps_its_promises(catalog, fields, exploration):
    set_policy(catalog, exploration=exploration, diversity=0.3)
    slate = ask(catalog, **fields)
    shown = ids(slate)
    assert len(set(shown)) == len(shown) <= fields["n"]
    assert [item.position for item in slate.items] == list(range(1, len(shown) + 1))
    assert not set(shown) & {*fields["cart_items"], *fields["exclude_items"], *fields["context_items"]}
    assert all(0.0 < item.propensity <= 1.0 for item in slate.items)
    assert exploration or all(item.propensity == 1.0 and not item.explore for item in slate.items)
    items = Item.objects.filter(shop=catalog, item_id__in=shown)
    assert all(fields["filters"].price_max is None or item.price <= 15 for item in items)
    assert all(not fields["filters"].brands or item.brand == "Digwell" for item in items)


def test_what_is_taken_out_during_an_experiment_is_out_in_all_its_variants(catalog):
    tamed, bold = set_policy(catalog, exploration=0.0), set_policy(catalog, exploration=0.3)
    experiment = Experiment.objects.create(
        shop=catalog, placement=tamed.placement, name="Bolder", state="running", salt="s"
    )
    for key, policy in (("A", tamed), ("B", bold)):
        Variant.objects.create(experiment=experiment, key=key, name=key, policy=policy)
    forget_running(tamed.placement_id)
    visitors = [f"v{number}" for number in range(8)]
    before = {visitor: ask(catalog, n=100, visitor_id=visitor) for visitor in visitors}
    set_policy(catalog, exploration=0.0, rules=[{"kind": "exclude", "match": {"item_id": "spade"}}])
    after = {visitor: ask(catalog, n=100, visitor_id=visitor) for visitor in visitors}
    assert {slate.variant for slate in after.values()} == {"A", "B"}
    assert all("spade" in ids(slate) for slate in before.values())
    assert all("spade" not in ids(slate) for slate in after.values())
