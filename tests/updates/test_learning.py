"""Between two runs a shop goes on learning: what arrives is served with by the task of every few seconds."""

import logging
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.core import clock
from dashboard.events.models import BotVisitor, Interaction
from dashboard.overview.services import forget_visitor, merge_visitor
from dashboard.serving.model_store import ModelStore, published_models
from dashboard.updates.models import ItemUpdate, Learning, PairUpdate
from dashboard.updates.selectors import held_updates, update_states
from dashboard.updates.services import arrivals, learn_anew_if_rewritten, learn_updates, learning
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from tests.recommender.made import dataset_of
from tests.recommender.serving.garden import item
from tests.serving.conftest import ask, ids
from tests.updates.conftest import publish, store
from workers.tasks.updates import learn, learn_anew

pytestmark = pytest.mark.django_db
TOLERANCE = 1e-5
MINUTE = timedelta(minutes=1)


def arrive(shop, rows, *, minutes_ago=1.0, **columns):
    """(visitor, item, event type, minutes before it was received)."""
    received_at = clock.now() - minutes_ago * MINUTE
    rows = [(visitor, item_id, kind, received_at - before * MINUTE) for visitor, item_id, kind, before in rows]
    store(shop, rows, received_at=received_at, **columns)


def together(*item_ids, guests=9):
    """Each guest buys these one after the other."""
    return [
        (f"guest-{guest}", item_id, "purchase", len(item_ids) - place)
        for guest in range(guests)
        for place, item_id in enumerate(item_ids)
    ]


def served(shop):
    """The model of this process, as it is a second later."""
    published_models.get(shop)
    published_models.refresh()
    return published_models.get(shop).recommender


def sources(slate):
    return {row.item_id: row.source for row in slate.items}


def sums(shop):
    """What the database holds, as far as it is not 0."""
    items = ItemUpdate.objects.filter(shop=shop).values_list("item_id", "popularity", "interactions")
    pairs = PairUpdate.objects.filter(shop=shop).values_list("source_id", "target_id", "weight")
    found = {item_id: popularity for item_id, popularity, _ in items} | {(a, b): weight for a, b, weight in pairs}
    return {key: value for key, value in found.items() if abs(value) > 1e-6}


def nearly(expected):
    """Sums of pairs are of 32 bits, and rounded once a step."""
    return pytest.approx(expected, rel=TOLERANCE, abs=1e-6)


def test_what_is_bought_together_with_a_new_item_leads_to_it_after_one_task(garden):
    fern = [("fern", item(1, 3), "view_item", 1.0)]
    arrive(garden, [*together(item(1, 3), "just-in", item(1, 4)), *fern])
    assert sources(ask(garden, visitor_id="fern", n=20)).get("just-in") != "transitions"
    learn.apply()
    served(garden)
    assert sources(ask(garden, visitor_id="fern", n=8))["just-in"] == "transitions"


def test_who_saw_nothing_but_the_new_item_gets_what_goes_with_it(garden):
    arrive(garden, [*together(item(1, 3), "just-in", item(1, 4)), ("newcomer", "just-in", "view_item", 1.0)])
    learn_updates(shop=garden)
    served(garden)
    slate = ask(garden, visitor_id="newcomer", n=5)
    assert slate.fallback == "" and {item(1, 3), item(1, 4)} <= set(ids(slate))


def test_what_sells_now_comes_first_for_strangers(garden):
    favourite = served(garden).popular(1).item_ids
    arrive(garden, [(f"guest-{number}", item(2, 7), "purchase", 1.0) for number in range(300)])
    learn_updates(shop=garden)
    assert served(garden).popular(1).item_ids == [item(2, 7)] != favourite
    assert ids(ask(garden, visitor_id="stranger", n=3))[0] == item(2, 7)


KINDS = ("view_item", "view_item", "purchase", "add_to_cart", "refund", "remove_from_cart", "search")


def random_rows(seed, count=80):
    """Of known and new visitors and items; some happened days before they arrived."""
    rng = np.random.default_rng(seed)
    visitors = [*(f"visitor-{number}" for number in range(9)), *(f"guest-{number}" for number in range(5))]
    items = [*(item(taste, number) for taste in range(3) for number in range(5)), "just-in"]
    late = rng.choice([0.0, 4000.0], count) + rng.integers(0, 300, count) / 7
    return [
        (str(rng.choice(visitors)), str(rng.choice(items)), str(rng.choice(KINDS)), float(before)) for before in late
    ]


def test_what_the_database_tells_is_what_a_refit_would_know(garden):
    for minutes_ago in (110, 70, 20, 1):
        arrive(garden, random_rows(minutes_ago), minutes_ago=minutes_ago)
        learn_updates(shop=garden, now=clock.now() - (minutes_ago - 0.5) * MINUTE)
    found = served(garden)
    log = Interaction.objects.filter(shop=garden).exclude(type="search").order_by("pk")
    whole = dataset_of([(row.visitor_id, row.item_id, row.type, row.timestamp.timestamp()) for row in log])
    codes_I = np.array([found.code_of[item_id] for item_id in whole.item_ids])
    popularity = Popularity(found.popularity.config).fit(whole).popularity_I_
    np.testing.assert_allclose(found.popularity.popularity_I_[codes_I], popularity, rtol=TOLERANCE)
    refit_II = Transitions(found.transitions.config).fit(whole).values_II_.toarray()
    own_II = np.stack([found.transitions.row_values(code)[codes_I] for code in codes_I.tolist()])
    np.testing.assert_allclose(own_II, refit_II, rtol=TOLERANCE, atol=1e-6)


def test_a_message_that_comes_twice_adds_nothing(garden):
    arrive(garden, together(item(1, 3), "just-in"))
    assert learn_updates(shop=garden) == 18
    before = sums(garden)
    assert learn_updates(shop=garden) == 0
    assert sums(garden) == before


def test_what_happened_long_ago_and_arrives_now_counts_once(garden):
    arrive(garden, together(item(1, 3), "just-in"), minutes_ago=20)
    learn_updates(shop=garden, now=clock.now() - 10 * MINUTE)
    arrive(garden, [("guest-1", item(1, 4), "view_item", 5000.0)], minutes_ago=1)
    assert learn_updates(shop=garden) == 1
    in_two = sums(garden)
    Learning.objects.all().delete()
    assert learn_updates(shop=garden) == 19
    assert sums(garden) == nearly(in_two)


def test_what_is_lost_is_read_from_the_log_again(garden):
    arrive(garden, random_rows(3))
    learn_updates(shop=garden)
    before = sums(garden)
    for model in (Learning, ItemUpdate, PairUpdate):
        model.objects.all().delete()
    learn.apply()
    assert sums(garden) == nearly(before) and before


def test_a_process_that_starts_again_serves_the_same(garden):
    arrive(garden, random_rows(4))
    learn_updates(shop=garden)
    here, again = served(garden), ModelStore().get(garden).recommender
    assert again is not here
    np.testing.assert_array_equal(again.popularity.popularity_I_, here.popularity.popularity_I_)
    history = here.histories_of([], ["just-in", item(1, 3)])
    np.testing.assert_array_equal(again.transitions.scores(history), here.transitions.scores(history))


def test_a_process_reads_what_changed_alone(garden, django_assert_num_queries):
    arrive(garden, together(item(1, 3), "just-in"), minutes_ago=20)
    learn_updates(shop=garden, now=clock.now() - 10 * MINUTE)
    first = held_updates(garden.pk, update_states([garden.pk])[garden.pk], None)
    arrive(garden, [("ann", item(2, 1), "view_item", 1.0), ("ann", item(2, 2), "view_item", 0.5)], minutes_ago=1)
    learn_updates(shop=garden)
    state = update_states([garden.pk])[garden.pk]
    with django_assert_num_queries(2) as asked:
        second = held_updates(garden.pk, state, first)
    assert all("revision" in query["sql"] for query in asked.captured_queries)
    assert len(second.updates.number_of) == 4 and len(second.updates.pairs_E) == len(first.updates.pairs_E) + 2
    whole = held_updates(garden.pk, state, None).updates
    assert sorted(whole.weights_E) == sorted(second.updates.weights_E)


def test_a_new_version_starts_from_its_own_snapshot(garden, model_folder):
    arrive(garden, together(item(1, 3), "just-in"), minutes_ago=60)
    learn_updates(shop=garden)
    serving = served(garden)
    publish(garden, model_folder, version=2, until=clock.now() - timedelta(minutes=30))
    arrive(garden, [("ann", item(2, 7), "purchase", 1.0)], minutes_ago=1)
    assert learn_updates(shop=garden) == 1
    assert sums(garden).keys() == {item(2, 7)}
    assert serving.has_met("just-in") and not served(garden).has_met("just-in")


def test_sums_over_another_version_are_not_served_with(garden, model_folder):
    arrive(garden, together(item(1, 3), "just-in"), minutes_ago=60)
    learn_updates(shop=garden)
    publish(garden, model_folder, version=2, until=clock.now())
    assert not served(garden).has_met("just-in")


def test_a_version_that_does_not_tell_how_it_learned_serves_as_it_was_trained(garden):
    arrive(garden, together(item(1, 3), "just-in"))
    learn_updates(shop=garden)
    garden.artifacts.update(lineage={})
    assert learn_updates(shop=garden) == 0 and not Learning.objects.exists() and not sums(garden)
    assert not served(garden).has_met("just-in")


def test_what_a_snapshot_leaves_out_is_left_out(garden):
    BotVisitor.objects.create(shop=garden, visitor_id="robot", reason="agent", found_at=clock.now() - 90 * MINUTE)
    arrive(garden, [("robot", item(1, 3), "view_item", 1.0)])
    arrive(garden, [("ann", item(1, 3), "purchase", 1.0)], low_trust=True)
    arrive(garden, [("ann", item(1, 4), "select_item", 1.0), ("ann", "", "search", 1.0)])
    assert learn_updates(shop=garden) == 0


@pytest.mark.parametrize("rewrite", ["merged", "erased", "marked"])
def test_where_behaviour_is_rewritten_the_sums_are_made_anew(garden, rewrite):
    arrive(garden, [("ann", item(1, 3), "view_item", 9.0), ("bob", item(2, 4), "view_item", 5.0)])
    learn_updates(shop=garden)
    learn_anew.apply()
    assert sums(garden).keys() == {item(1, 3), item(2, 4)}
    if rewrite == "merged":
        merge_visitor(shop=garden, visitor_id="ann", into="bob", by="test")
    elif rewrite == "erased":
        forget_visitor(shop=garden, visitor_id="ann", by="test")
    else:
        found_at = clock.now() + timedelta(seconds=1)
        BotVisitor.objects.create(shop=garden, visitor_id="ann", reason="rate", found_at=found_at)
    assert learn_anew_if_rewritten(shop=garden)
    assert ((item(1, 3), item(2, 4)) in sums(garden)) == (rewrite == "merged")
    assert (item(1, 3) in sums(garden)) == (rewrite == "merged")


def test_nothing_is_made_anew_where_nothing_was_rewritten(garden):
    arrive(garden, together(item(1, 3), "just-in"))
    learn_updates(shop=garden)
    assert not learn_anew_if_rewritten(shop=garden)


def test_while_a_transaction_that_writes_is_open_nothing_counts_that_came_since_it_began(garden):
    now = clock.now() + MINUTE
    assert arrivals.settled_until(now) == now - arrivals.LATE
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id(), now()")
            began = cursor.fetchone()[1]
            assert arrivals.settled_until(now) == began - arrivals.LATE
            hour_later = now + 60 * MINUTE
            assert arrivals.settled_until(hour_later) == hour_later - arrivals.MOST_HELD_BACK - arrivals.LATE
        other.rollback()
        assert arrivals.settled_until(now) == now - arrivals.LATE
    finally:
        other.close()


def test_much_is_taken_in_by_steps_that_divide_no_batch(garden, monkeypatch):
    for minutes_ago in (50, 40, 30, 20):
        arrive(garden, random_rows(minutes_ago, count=30), minutes_ago=minutes_ago)
    learn_updates(shop=garden)
    at_once = sums(garden)
    Learning.objects.all().delete()
    monkeypatch.setattr(arrivals, "MOST_ROWS", 7)
    monkeypatch.setattr(learning, "VISITORS_AT_ONCE", 2)
    monkeypatch.setattr(learning, "MOST_STEPS", 1)
    taken = [learn_updates(shop=garden) for _ in range(5)]
    assert all(taken[:4]) and not taken[4]
    assert sums(garden) == nearly(at_once)


def test_a_shop_with_more_pairs_than_processes_can_hold_waits_for_its_next_run(garden, monkeypatch, caplog):
    monkeypatch.setattr(learning, "MOST_PAIRS", 2)
    arrive(garden, together(item(1, 3), "just-in"), minutes_ago=20)
    with caplog.at_level(logging.WARNING):
        learn_updates(shop=garden, now=clock.now() - 10 * MINUTE)
    assert "the next run learns more" in caplog.text
    assert Learning.objects.get().pairs == PairUpdate.objects.count() == 2
    arrive(garden, [("ann", item(2, 7), "purchase", 1.0)], minutes_ago=1)
    assert learn_updates(shop=garden) == 0


def test_a_slate_asks_the_database_nothing_more(garden):
    arrive(garden, [*together(item(1, 3), "just-in", item(1, 4)), ("fern", item(1, 3), "view_item", 1.0)])
    ask(garden, visitor_id="fern", n=8)
    with CaptureQueriesContext(connection) as before:
        ask(garden, visitor_id="fern", n=8)
    learn_updates(shop=garden)
    served(garden)
    ask(garden, visitor_id="fern", n=8)
    with CaptureQueriesContext(connection) as after:
        ask(garden, visitor_id="fern", n=8)
    assert len(after) <= len(before)


def test_one_shop_learns_nothing_of_another(garden, other_shop):
    arrive(other_shop, together(item(1, 3), "just-in"))
    assert learn_updates(shop=garden) == 0
    assert learn_updates(shop=other_shop) == 0  # it has no model
