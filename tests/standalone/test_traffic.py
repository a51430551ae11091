"""Simulated shoppers: what they decide, how they look and click, and that all of it can be told from real ones."""

import os
import signal
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest

from dashboard.accounts.selectors import live_key
from dashboard.accounts.services import revoke_key
from dashboard.core.errors import Invalid
from dashboard.events.services import record_events
from dashboard.standalone.management.commands.simulate import stop_on_signals
from dashboard.standalone.traffic.calendar import PlannedVisit, planned_visits, visits_a_second, waves
from dashboard.standalone.traffic.front import ApiFront, GaveUp
from dashboard.standalone.traffic.live import LiveTraffic, Pace
from dashboard.standalone.traffic.setup import simulator_key, wares_of
from dashboard.standalone.traffic.shopper import Shown, Walk, new_shopper
from dashboard.standalone.traffic.tastes import ShopItem, Wares
from dashboard.standalone.traffic.turns import Turns
from tests.standalone.shop_server import ShopServer

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
SLATE = 10
CATEGORIES = ["Lamps", "Cups", "Toys", "Cards"]
ITEMS = [ShopItem(f"i{n:02}", f"Thing {n}", (CATEGORIES[n % 4],), 5.0 + n) for n in range(40)]


@pytest.fixture(scope="module")
def wares():
    return Wares(ITEMS, seed=1)


def live(server, wares, stop, *, seed=5, visitors=8, **options):
    front = ApiFront("http://shop", "sk", stop, transport=httpx.WSGITransport(server), **options)
    traffic = LiveTraffic(wares, front, stop, seed=seed, currency="GBP")
    return traffic.run(visitors=visitors, minutes=None)


def decisions(wares, seed):
    """All that eight shoppers sent, without the ids that are new each time."""
    server = ShopServer(wares)
    live(server, wares, threading.Event(), seed=seed)
    return [{name: value for name, value in event.items() if name != "event_id"} for event in server.events]


def test_a_seed_repeats_every_decision(wares):
    assert len(decisions(wares, 5)) > 10
    assert decisions(wares, 5) == decisions(wares, 5)


def test_another_seed_makes_other_people(wares):
    assert decisions(wares, 5) != decisions(wares, 6)


@pytest.fixture(scope="module")
def home_visits(wares):
    """[(shopper, slate, looked at, clicked)] of 600 shoppers on Home, each with 10 items in random order."""
    rng = np.random.default_rng(3)
    return [_at_home(new_shopper(wares, seed=2, number=number), wares, rng) for number in range(600)]


def _at_home(shopper, wares, rng):
    turns = Turns.of(shopper, wares, "GBP")
    slate = [ITEMS[code].item_id for code in rng.permutation(len(ITEMS))[:SLATE]]
    events, ask = turns.step()
    looked_at, clicked = [], []
    while ask is not None:
        at_home = ask.placement == "home"
        turns.shown = Shown("home", slate) if at_home else None
        events, ask = turns.step()
        of_home = [event for event in events if event.get("recommendation_id") == "home"]
        looked_at += [line["item_id"] for e in of_home if e["type"] == "view_item_list" for line in e["items"]]
        clicked += [e["item_id"] for e in of_home if e["type"] == "select_item"]
    return shopper, slate, looked_at, clicked


def test_the_first_position_is_always_seen_and_lower_ones_by_their_depth(home_visits):
    seen = np.array([len(looked_at) for _, _, looked_at, _ in home_visits if looked_at])  # others came by another door
    shares = np.array([(seen > position).mean() for position in range(SLATE)])
    expected = 1 / (1 + np.arange(SLATE) / 3)
    assert shares[0] == 1
    assert np.abs(shares - expected).max() < 0.07


def test_only_what_was_seen_is_clicked_and_the_top_is_clicked_more(home_visits):
    by_position = Counter()
    for _, slate, looked_at, clicked in home_visits:
        assert set(clicked) <= set(looked_at)
        by_position.update(slate.index(item_id) for item_id in clicked)
    assert sum(by_position[p] for p in range(3)) > 1.5 * sum(by_position[p] for p in range(7, 10))


def test_liked_items_are_clicked_far_more_often_at_the_same_position(wares, home_visits):
    clicks, looks = Counter(), Counter()
    for shopper, _, looked_at, clicked in home_visits:
        for item_id in looked_at[:3]:
            is_liked = shopper.taste.affinity_I[wares.code[item_id]] > 0.5
            looks[is_liked] += 1
            clicks[is_liked] += item_id in clicked
    assert clicks[True] / looks[True] > 5 * clicks[False] / looks[False]


def test_a_shopper_without_a_slate_still_comes_to_an_end(wares):
    turns = Turns.of(new_shopper(wares, seed=2, number=1), wares, "GBP")
    asked = []
    _, ask = turns.step()
    while ask is not None:
        asked.append(ask)
        _, ask = turns.step()
    assert {wish.placement for wish in asked} <= {"home", "product", "cart"}
    assert all(wish.context_items for wish in asked if wish.placement == "product")


def test_everything_says_that_it_is_simulated(wares):
    server = ShopServer(wares)
    live(server, wares, threading.Event())
    assert server.paths == {"/api/v1/events", "/api/v1/recommendations"}
    assert server.simulated == {"1"}


class Waits(threading.Event):
    """A stop signal that never comes; remembers how long it was waited for and returns at once."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def wait(self, timeout=None):
        self.seconds.append(timeout)
        return self.is_set()


def test_a_busy_server_is_given_the_time_that_it_asks_for(wares):
    stop, server = Waits(), ShopServer(wares, refuse=[("429 Too Many Requests", "7")])
    totals = live(server, wares, stop, visitors=2)
    assert stop.seconds == [7.0]
    assert totals.events == len(server.events) > 0
    assert totals.refused == 0


def test_an_absent_server_is_asked_less_and_less_often(wares):
    stop, server = Waits(), ShopServer(wares, refuse=[("503 Service Unavailable", "")] * 4)
    live(server, wares, stop, visitors=2)
    assert stop.seconds == [0.5, 1.0, 2.0, 4.0]


def test_a_retry_sends_the_same_events_under_the_same_ids(wares):
    server = ShopServer(wares, lost_answers=3)
    live(server, wares, Waits(), visitors=2)
    first = [event for event in server.events if event["event_id"] == server.events[0]["event_id"]]
    assert len(first) == 4
    assert all(event == first[0] for event in first)


def test_a_server_that_stays_away_is_given_up_with_a_reason(wares):
    server = ShopServer(wares, refuse=[("503 Service Unavailable", "")] * 99)
    with pytest.raises(GaveUp, match="it answered 503"):
        live(server, wares, Waits(), patience_seconds=10)


@pytest.fixture
def signals_kept():
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_sigterm_ends_the_walk_and_what_was_done_is_reported(wares, signals_kept):
    stop = stop_on_signals()
    server = ShopServer(wares, at_slate={3: lambda: os.kill(os.getpid(), signal.SIGTERM)})
    totals = live(server, wares, stop, visitors=1000)
    assert totals.slates == 3
    assert totals.events == len(server.events)


def test_sigterm_ends_a_wait_for_the_server(wares, signals_kept):
    stop = stop_on_signals()
    refusal = ("503 Service Unavailable", "30")
    server = ShopServer(wares, refuse=[refusal] * 9, at_refusal=lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert live(server, wares, stop, patience_seconds=None).slates == 0


def test_no_visit_is_lost_between_waves_and_those_of_a_shopper_stand_together_in_order():
    visits = [PlannedVisit(NOW + timedelta(minutes=n), n % 4) for n in range(10)]
    cut = waves(visits, 6)
    assert [[[visit.number for visit in of_one] for of_one in wave] for wave in cut] == [
        [[0, 0], [1, 1], [2], [3]],
        [[2], [3], [0], [1]],
    ]
    assert sorted(visit for wave in cut for of_one in wave for visit in of_one) == visits


PLAN = {"days": 28, "now": NOW, "zone": "Europe/London", "seed": 4, "visits_a_day": 300}


def test_planned_visits_lie_in_the_past_days_and_repeat_for_a_seed():
    visits = planned_visits(**PLAN)
    assert visits == planned_visits(**PLAN) == sorted(visits)
    assert NOW - timedelta(days=28) <= visits[0].starts_at
    assert visits[-1].starts_at < NOW - timedelta(hours=1)
    returning = len(visits) - len({visit.number for visit in visits})
    assert 0.15 < returning / len(visits) < 0.35


def test_every_week_of_the_past_is_as_busy_as_the_live_traffic_that_follows():
    visits = planned_visits(**PLAN)
    weeks = Counter((NOW - visit.starts_at).days // 7 for visit in visits)
    hours = [NOW - timedelta(hours=n) for n in range(7 * 24)]
    live = sum(3600 * visits_a_second(hour, "Europe/London", 300) for hour in hours)
    assert len(weeks) == 4
    for count in weeks.values():
        assert count == pytest.approx(live, rel=0.1)
        assert count == pytest.approx(7 * 300, rel=0.1)


def test_live_visits_begin_by_the_calendar_and_shoppers_take_their_time(wares, monkeypatch):
    """Two hours of a busy evening, on a clock that moves only when somebody waits."""
    stop, server, at = Waits(), ShopServer(wares), [0.0]
    stop.wait = lambda seconds: at.__setitem__(0, at[0] + seconds) or False
    monkeypatch.setattr("dashboard.standalone.traffic.live.time.monotonic", lambda: at[0])
    monkeypatch.setattr("dashboard.standalone.traffic.live.clock.now", lambda: NOW.replace(hour=20))
    front = ApiFront("http://shop", "sk", stop, transport=httpx.WSGITransport(server))
    pace = Pace(visits_a_day=900, zone="Europe/London")
    totals = LiveTraffic(wares, front, stop, seed=6, currency="GBP", pace=pace).run(visitors=None, minutes=120)
    expected = 7200 * visits_a_second(NOW.replace(hour=20), "Europe/London", 900)
    assert totals.visits == pytest.approx(expected, rel=0.3)
    assert 0.2 * totals.visits < totals.visits - totals.visitors < 0.45 * totals.visits


def test_what_customers_sent_back_and_what_strains_the_purse_comes_back_more_often():
    """Of three items: two that nobody ever sent back, one of them dear, and one that every second line came back of."""
    sold = {"good": (300, 0), "dear": (300, 0), "fragile": (300, 150)}
    items = [ShopItem(item_id, item_id, (), 4.0, *lines) for item_id, lines in sold.items()]
    wares, returned = Wares(items, seed=1), Counter()
    for number in range(800):
        walk = Walk(new_shopper(wares, seed=3, number=number), wares, "GBP", "s")
        for item_id, price in [("good", 4.0), ("dear", 40.0), ("fragile", 4.0)]:
            acts = list(walk.refunds("order", [{"item_id": item_id, "quantity": 1, "price": price}]))
            returned[item_id] += len(acts)
            assert all(act.after_days > 0 and act.event["type"] == "refund" for act in acts)
    assert returned["fragile"] / 800 == pytest.approx(0.5, abs=0.15)
    assert returned["good"] < 0.05 * 800 < returned["dear"] / 2


def test_what_sells_well_is_wished_for_more_often_by_those_who_like_its_topic():
    items = [ShopItem(f"i{n}", "", (f"Shelf {n // 10}",), 4.0, sold=400 if n % 10 < 3 else 4) for n in range(60)]
    wares, wished = Wares(items, seed=1), Counter()
    for number in range(300):
        walk = Walk(new_shopper(wares, seed=2, number=number), wares, "GBP", "s")
        wished.update(wares.code[walk.wished_for()] for _ in range(5))
    in_fashion = set(np.flatnonzero(wares.topics_TI[wares.recorded_topics :].any(axis=0)))
    of_kind = {True: [], False: []}
    for code, item in enumerate(items):
        if code not in in_fashion:
            of_kind[item.sold == 400].append(wished[code])
    assert np.mean(of_kind[True]) > 2 * np.mean(of_kind[False])


def test_who_stocks_up_orders_a_list_as_long_as_the_shops_own_customers_do():
    wares = Wares([ShopItem(f"i{n}", "", (f"Shelf {n // 20}",), 4.0) for n in range(400)], seed=1)
    orders = []
    for number in range(600):
        turns = Turns.of(new_shopper(wares, seed=8, number=number), wares, "GBP")
        events, ask = turns.step()
        while ask is not None:
            turns.shown = None
            more, ask = turns.step()
            events += more
        orders += [len(event["items"]) for event in events if event["type"] == "purchase"]
    assert 0.03 < len(orders) / 600 < 0.12
    assert 5 < np.median(orders) < 20


def test_wares_know_what_real_customers_alone_bought_and_sent_back(stocked):
    send(stocked, [("purchase", "i1", 6), ("purchase", "i1", 2), ("purchase", "i1", 9), ("refund", "i1", 2)])
    send(stocked, [("purchase", "i2", 50)], simulated=True)
    items = {item.item_id: item for item in wares_of(stocked, 1).items}
    assert (items["i1"].sold, items["i1"].sent_back, items["i1"].pieces) == (3, 1, 6)
    assert (items["i2"].sold, items["i2"].sent_back, items["i2"].pieces) == (0, 0, 1)


def send(shop, lines, simulated=False):
    """(type, item, quantity) of one visitor, today."""
    raw = [
        {"event_id": f"{kind}-{item_id}-{quantity}-{simulated}", "type": kind, "visitor_id": "c1", "order_id": "o1",
         "items": [{"item_id": item_id, "quantity": quantity, "price": 2}]}
        for kind, item_id, quantity in lines
    ]  # fmt: skip
    assert not record_events(shop=shop, raw=raw, simulated=simulated).rejected


def test_the_simulator_keeps_one_key_in_a_private_file(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path))
    first = simulator_key(shop)
    assert simulator_key(shop) == first
    assert (tmp_path / "simulator" / f"{shop.slug}.key").stat().st_mode & 0o777 == 0o600
    revoke_key(key=live_key(first))
    assert simulator_key(shop) != first


def test_a_shop_without_items_is_refused(shop):
    with pytest.raises(Invalid, match="import items"):
        wares_of(shop, 1)
