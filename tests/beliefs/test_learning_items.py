"""What items earn is learned while events arrive, kept in the database, and served with by every process."""

import uuid
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from scipy.stats import chi2

from dashboard.beliefs import selectors
from dashboard.beliefs.models import ItemBelief, Learning, PlacementBelief
from dashboard.beliefs.selectors import beliefs_of, kept_beliefs
from dashboard.beliefs.services import learn_anew, learn_arrivals
from dashboard.core import clock
from dashboard.events.models import Exposure
from dashboard.serving.composing import Assigned, prepare
from dashboard.serving.request_context import read_request_context
from dashboard.serving.services import placement_of
from dashboard.serving.types import SlateRequest
from recommender.slate.record import SlateRecord
from tests.serving.conftest import ask, catalog, ids, send, set_policy  # noqa: F401
from workers.tasks.beliefs import learn

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop_of(catalog):  # noqa: F811
    """With a log that was begun."""
    set_policy(catalog, "home", exploration=0.2)
    learn_anew(shop=catalog)
    return catalog


def see(shop, slate, clicked=(), *, visitor_id="v1"):
    told = {"recommendation_id": str(slate.recommendation_id), "placement": slate.placement}
    send(shop, visitor_id, None, "view_item_list", items=[{"item_id": item_id} for item_id in ids(slate)], **told)
    for item_id in clicked:
        send(shop, visitor_id, item_id, "select_item", **told)


def soon():
    """When what was just received may be learned from."""
    return clock.now() + timedelta(seconds=10)


def known(shop, placement="home"):
    return {
        item_id: (round(clicks, 6), round(expected, 6))
        for item_id, clicks, expected in ItemBelief.objects.filter(shop=shop, placement=placement)
        .order_by("item_id")
        .values_list("item_id", "clicks", "expected")
    }


def test_a_click_counts_once_and_so_does_what_was_seen(shop_of):
    slate = ask(shop_of, n=4)
    first = ids(slate)[0]
    see(shop_of, slate, [first])
    assert learn_arrivals(shop=shop_of, now=soon()) == 4
    assert known(shop_of) == {item_id: (float(item_id == first), 0.03) for item_id in sorted(ids(slate))}
    send(shop_of, "v1", first, "view_item", recommendation_id=str(slate.recommendation_id))  # clicked once already
    assert learn_arrivals(shop=shop_of, now=soon() + timedelta(seconds=10)) == 0
    assert learn_arrivals(shop=shop_of, now=soon() + timedelta(minutes=9)) == 0


def test_a_click_that_comes_later_is_added_to_what_was_seen(shop_of):
    slate = ask(shop_of, n=3)
    see(shop_of, slate)
    learn_arrivals(shop=shop_of, now=clock.now() + timedelta(seconds=3))
    clicked = ids(slate)[2]
    send(shop_of, "v1", clicked, "select_item", recommendation_id=str(slate.recommendation_id))
    assert learn_arrivals(shop=shop_of, now=soon()) == 1
    assert known(shop_of)[clicked] == (1.0, 0.03)


def test_what_arrived_bit_by_bit_is_what_the_whole_log_says(shop_of):
    set_policy(shop_of, "home", exploration=0.5, fatigue=1.0)
    at = clock.now()
    for number in range(6):
        slate = ask(shop_of, n=4, visitor_id="v1", seed=number)
        see(shop_of, slate, ids(slate)[: number % 2])
        at = max(clock.now() + timedelta(seconds=3), at)
        learn_arrivals(shop=shop_of, now=at)
    bit_by_bit = known(shop_of)
    assert any(SlateRecord.decode(bytes(row.record)).fatigue_C is not None for row in Exposure.objects.all())
    PlacementBelief.objects.all().delete()
    Learning.objects.all().delete()
    ItemBelief.objects.all().delete()
    learn_anew(shop=shop_of, now=soon())
    anew = known(shop_of)
    assert bit_by_bit.keys() == anew.keys()
    assert {item: clicks for item, (clicks, _) in bit_by_bit.items()} == pytest.approx(
        {item: clicks for item, (clicks, _) in anew.items()}, abs=0.01
    )


def test_a_lost_store_starts_from_the_log_by_the_task_of_every_few_seconds(shop_of):
    slate = ask(shop_of, n=4)
    see(shop_of, slate, ids(slate)[:1])
    learn_arrivals(shop=shop_of, now=soon())
    believed = beliefs_of(shop_of.pk, "home").known
    Exposure.objects.filter(shop=shop_of).update(served_at=clock.now() - timedelta(minutes=5))
    for table in ("events_impression", "events_interaction"):
        _received_earlier(table)
    ItemBelief.objects.all().delete()
    Learning.objects.all().delete()
    kept_beliefs.renew(shop_of.pk)
    assert beliefs_of(shop_of.pk, "home").known == {}
    learn.apply()
    assert beliefs_of(shop_of.pk, "home").known.keys() == believed.keys()


def _received_earlier(table):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET received_at = received_at - interval '1 minute'")  # noqa: S608


def test_another_process_and_one_that_starts_again_serve_with_it(shop_of, django_capture_on_commit_callbacks):
    slate = ask(shop_of, n=9)
    assert beliefs_of(shop_of.pk, "home").known == {}
    for _ in range(3):
        see(shop_of, ask(shop_of, n=9), ["lantern"])
    with django_capture_on_commit_callbacks(execute=True):
        learn_arrivals(shop=shop_of, now=soon())
    here = beliefs_of(shop_of.pk, "home").known
    worth, doubt = here["lantern"]
    assert worth > 1.2 and doubt < here["spade"][1]
    selectors._held.clear()  # what a process that starts anew holds
    kept_beliefs._entries.clear()
    kept_beliefs.ask_again()
    assert beliefs_of(shop_of.pk, "home").known == here
    assert ids(slate)


def test_only_what_changed_is_read_again(shop_of, django_assert_max_num_queries):
    see(shop_of, ask(shop_of, n=9), ["lantern"])
    learn_arrivals(shop=shop_of, now=clock.now() + timedelta(seconds=3))
    kept_beliefs.renew(shop_of.pk)
    before = beliefs_of(shop_of.pk, "home").known
    see(shop_of, ask(shop_of, n=2), [], visitor_id="v2")
    learn_arrivals(shop=shop_of, now=soon())
    kept_beliefs.renew(shop_of.pk)
    with django_assert_max_num_queries(2) as asked:
        after = beliefs_of(shop_of.pk, "home").known
    assert "revision" in asked.captured_queries[-1]["sql"]
    assert before.keys() == after.keys() and after["lantern"][0] != 1.0
    assert sum(before[item] != after[item] for item in before) == 2


def test_worth_enters_the_order_and_doubt_the_draw(shop_of):
    set_policy(shop_of, "home", exploration=0.0)
    last = ids(ask(shop_of, n=9))[-1]
    for _ in range(40):
        slate = ask(shop_of, n=9)
        see(shop_of, slate, [last], visitor_id=str(uuid.uuid4()))
    learn_arrivals(shop=shop_of, now=soon())
    kept_beliefs.renew(shop_of.pk)
    assert ids(ask(shop_of, n=9)).index(last) < 8
    greedy = ask(shop_of, n=9)
    assert [item.propensity for item in greedy.items] == [1.0] * len(greedy.items)
    set_policy(shop_of, "home", exploration=0.5)
    record = SlateRecord.decode(ask(shop_of, n=9).record)
    assert record.doubts_C is not None and record.impressions_C is None
    assert len(set(record.doubts_C.tolist())) > 1


@pytest.mark.slow
def test_hundred_thousand_slates_of_serving_are_as_frequent_as_their_propensities_say(shop_of):
    """Pearson's χ² over the first two places, with beliefs, fatigue, variants and every knob of a new placement."""
    set_policy(shop_of, "home", exploration=0.6, diversity=0.3, calibration=0.2, fatigue=1.0, explore_floor=0.05)
    for number in range(8):
        see(shop_of, ask(shop_of, n=4, visitor_id="v1", seed=number), ["teapot"] if number % 2 else [])
    learn_arrivals(shop=shop_of, now=soon())
    kept_beliefs.renew(shop_of.pk)
    placement = placement_of(shop_of, "home")
    context = read_request_context(SlateRequest(shop=shop_of, placement="home", visitor_id="v1"))
    prepared = prepare(context, Assigned(placement, placement.policy).policy, 2)
    assert prepared.candidates.fatigue is not None and prepared.candidates.doubts is not None
    rng, counts, odds = np.random.default_rng(3), Counter(), {}
    for seed in rng.integers(0, 2**62, 100_000).tolist():
        slate = prepared.draw(2, seed)
        pair = tuple(slate.indices.tolist())
        counts[pair] += 1
        odds[pair] = float(np.prod(slate.propensities))
    assert sum(odds.values()) == pytest.approx(1.0, abs=1e-9)
    statistic = sum((counts[pair] - 1e5 * chance) ** 2 / (1e5 * chance) for pair, chance in odds.items())
    assert min(odds.values()) > 5e-5
    assert 0.001 < chi2.sf(statistic, len(odds) - 1) < 0.999
