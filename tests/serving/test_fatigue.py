"""What a visitor was shown and did not open stands back, by as much as the shop's visitors are seen to tire."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from dashboard.beliefs.models import PlacementBelief
from dashboard.beliefs.selectors import kept_fatigue
from dashboard.core import clock
from dashboard.events.models import Exposure
from dashboard.overview.services import forget_visitor, merge_visitor
from dashboard.serving.batches import recommend_many
from dashboard.serving.explained import explained_slate
from dashboard.serving.request_context import read_request_context
from dashboard.serving.types import SlateRequest
from recommender.beliefs import Expectation
from recommender.slate.record import SlateRecord
from tests.serving.conftest import ask, ids, send, set_policy


def tires(shop, rate, placement="home", half_life_days=3.0):
    PlacementBelief.objects.update_or_create(
        shop=shop,
        placement=placement,
        defaults={
            "rate": rate,
            "half_life_days": half_life_days,
            "low": 0.0,
            "high": 2 * rate,
            "impressions": 900,
            "expectation": Expectation().to_dict(),
            "learned_at": clock.now(),
        },
    )
    kept_fatigue.renew(shop.pk)


@pytest.fixture
def tired(catalog):
    """A shop whose visitors tire fast; home follows it, the product page does not."""
    tires(catalog, 0.7)
    tires(catalog, 0.7, "product")
    set_policy(catalog, "home", fatigue=1.0)
    set_policy(catalog, "product", fatigue=0.0)
    return catalog


def see(shop, slate, visitor_id, *, item_ids=None):
    items = [{"item_id": item_id} for item_id in item_ids or ids(slate)]
    told = {"items": items, "recommendation_id": str(slate.recommendation_id), "placement": slate.placement}
    return send(shop, visitor_id, None, "view_item_list", **told)


def click(shop, slate, visitor_id, item_id):
    return send(shop, visitor_id, item_id, "select_item", recommendation_id=str(slate.recommendation_id))


def test_what_was_shown_and_left_gives_way(tired):
    first = ask(tired, visitor_id="v1", n=4)
    see(tired, first, "v1")
    assert set(ids(ask(tired, visitor_id="v1", n=2))) & set(ids(first)) == set()
    assert ids(ask(tired, visitor_id="v2", n=4)) == ids(first)  # who saw nothing gets what v1 got


def test_what_was_opened_was_not_left(tired):
    first = ask(tired, visitor_id="v1", n=4)
    see(tired, first, "v1")
    click(tired, first, "v1", ids(first)[2])
    context = read_request_context(SlateRequest(shop=tired, placement="home", visitor_id="v1"))
    assert {item_id: len(moments) for item_id, moments in context.left.items()} == dict.fromkeys(
        set(ids(first)) - {ids(first)[2]}, 1
    )


def test_what_was_served_and_never_rendered_tires_nobody(tired):
    first = ask(tired, visitor_id="v1", n=4)
    assert ids(ask(tired, visitor_id="v1", n=4)) == ids(first)


def test_a_placement_that_does_not_ask_shows_it_again(tired):
    first = ask(tired, "product", visitor_id="v1", n=4)
    see(tired, first, "v1")
    assert ids(ask(tired, "product", visitor_id="v1", n=4)) == ids(first)


def test_where_nobody_tires_nothing_is_asked_and_nothing_changes(tired, django_assert_max_num_queries):
    tires(tired, 0.0)
    first = ask(tired, visitor_id="v1", n=4)
    see(tired, first, "v1")
    with django_assert_max_num_queries(30) as asked:
        again = ask(tired, visitor_id="v1", n=4)
    assert ids(again) == ids(first)
    assert not any("json_object_agg" in query["sql"] for query in asked.captured_queries)
    assert SlateRecord.decode(again.record).fatigue_C is None


def test_fatigue_is_asked_in_the_round_trip_that_there_is(tired, django_assert_max_num_queries):
    see(tired, ask(tired, visitor_id="v1", n=4), "v1")
    ask(tired, visitor_id="v1", n=4)  # which makes the statement
    with django_assert_max_num_queries(30) as asked:
        ask(tired, visitor_id="v1", n=4)
    executed = [query["sql"] for query in asked.captured_queries if "EXECUTE forage_moment" in query["sql"]]
    assert ["forage_moment_with_left" in statement for statement in executed] == [True]


def test_it_recovers(tired):
    first = ask(tired, visitor_id="v1", n=4)
    see(tired, first, "v1")
    later = ask(tired, visitor_id="v1", n=4, now=clock.now() + timedelta(days=29))
    assert ids(later) == ids(first)


def test_the_reason_is_told_in_answers_and_on_the_visitors_page(tired, client, viewer):
    for _ in range(3):
        see(tired, ask(tired, visitor_id="v1", n=9, seed=1), "v1")
    slate = ask(tired, visitor_id="v1", n=9, explain=True)
    told = {item.item_id for item in slate.items if item.explanation.endswith("; shown 3 times, not opened")}
    assert {"spade", "whisk", "lantern"} <= told
    client.force_login(viewer)
    page = client.get(f"/shops/{tired.slug}/visitors/v1/").content.decode()
    assert page.count("Shown 3 times, not opened") == len(told)


def test_a_served_slate_is_explained_by_what_was_left_by_then(tired):
    see(tired, ask(tired, visitor_id="v1", n=9), "v1", item_ids=["spade"])
    second = ask(tired, visitor_id="v1", n=9)
    see(tired, second, "v1")
    explained = explained_slate(tired, "v1", second.recommendation_id)
    told = {row.shown.slot.item_id for row in explained.items if "not opened" in row.sentence}
    assert told == {"spade"}


def test_many_slates_at_once_are_those_that_each_would_get(tired):
    first = ask(tired, visitor_id="v1", n=4)
    see(tired, first, "v1")
    requests = [SlateRequest(shop=tired, placement="home", visitor_id=name, n=4, seed=1) for name in ("v1", "v2")]
    together = recommend_many(requests)
    assert [ids(slate) for slate in together] == [ids(ask(tired, visitor_id=name, n=4)) for name in ("v1", "v2")]
    assert ids(together[0]) != ids(together[1]) == ids(first)


def test_slates_of_tired_visitors_are_drawn_again_from_the_log(tired, capsys):
    set_policy(tired, "home", fatigue=0.8, exploration=0.5, diversity=0.4)
    for visitor in range(6):
        for seed in range(5):
            see(tired, ask(tired, visitor_id=f"v{visitor}", n=4, seed=seed), f"v{visitor}")
    logged = [SlateRecord.decode(bytes(row.record)) for row in Exposure.objects.filter(shop=tired)]
    assert sum(record.fatigue_C is not None for record in logged) == 24
    tires(tired, 0.1)
    call_command("replay", shop=tired.slug, json=True)
    assert '"equal": 30' in capsys.readouterr().out


def test_who_is_erased_or_merged_is_tired_accordingly(tired):
    first = ask(tired, visitor_id="anonymous", n=4)
    see(tired, first, "anonymous")
    merge_visitor(shop=tired, visitor_id="anonymous", into="v1", by="test")
    assert ids(ask(tired, visitor_id="v1", n=4)) != ids(first)
    forget_visitor(shop=tired, visitor_id="v1", by="test")
    context = read_request_context(SlateRequest(shop=tired, placement="home", visitor_id="v1"))
    assert context.left == {}
