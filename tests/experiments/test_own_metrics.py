"""A shop's own metrics: what they count agrees with plain loops, and they decide, guard and explain."""

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from dashboard.accounts.services import issue_key
from dashboard.catalog.models import Item
from dashboard.core import clock, errors
from dashboard.events.models import Exposure, Interaction
from dashboard.events.services import change_retention
from dashboard.experiments.models import DailyMoment, Experiment, OwnMetric, PartMoment
from dashboard.experiments.own_metrics import key_of
from dashboard.experiments.selectors import plan_for, preview_of, results_of
from dashboard.experiments.services import (
    MetricTerms,
    Terms,
    archive_metric,
    change_metric,
    create_experiment,
    create_metric,
    refresh_moments,
    refresh_running,
)
from tests.api.conftest import ApiClient
from tests.experiments.test_moments import populate, sums_of
from tests.experiments.world import ITEMS, START

pytestmark = pytest.mark.django_db
PRICES = dict(zip(ITEMS, (2, 5, 8, 12, 20, 40), strict=True))
CHEAP = 'price < 10 and not brand = "Loud"'
LOUD = "i1"

#: What is counted, and whether an item does by the plain loops.
CASES = {
    "sum, filtered, late, short and capped": (
        MetricTerms("purchase", "sum", CHEAP, window_days=3, delay_hours=24, cap=6.5),
        lambda item: PRICES[item] < 10 and item != LOUD,
    ),
    "count of everything": (MetricTerms("view_item", "count"), lambda item: True),
    "different items, capped": (MetricTerms("add_to_cart", "distinct", cap=2), lambda item: True),
    "whether at all, after two days": (
        MetricTerms("refund", "any", "in_stock = true", delay_hours=48),
        lambda item: None,
    ),
}


@pytest.fixture
def secret(client, shop):
    return ApiClient(client, issue_key(shop=shop, kind="sk").plain)


def metric(shop, terms, name="Mine", **more):
    return create_metric(shop=shop, name=name, terms=terms, by=None, **more)


def priced():
    for item, price in PRICES.items():
        Item.objects.filter(item_id=item).update(price=price, brand="Loud" if item == LOUD else "Quiet")


def counted(terms, acts, start, end, now, takes):
    """The value of one visitor between two moments."""
    found = [
        act
        for act in acts
        if act.type == terms.event_type and start <= act.timestamp < end and act.timestamp <= now and takes(act.item_id)
    ]
    value = {
        "any": float(bool(found)),
        "count": float(len({act.event_id for act in found})),
        "distinct": float(len({act.item_id for act in found})),
        "sum": float(sum(act.value or 0 for act in found if act.currency in ("", "GBP"))),
    }[terms.aggregation]
    return value if terms.cap is None else min(value, terms.cap)


def expected(experiment, world, terms, takes, now):
    """{(variant, day): (n, Σy, Σy², Σx, Σx², Σxy, 0, …)} by plain loops."""
    zone, slates, acts = ZoneInfo(experiment.shop.timezone), defaultdict(list), defaultdict(list)
    for exposure in world["exposures"]:
        if exposure.served_at <= now:
            slates[exposure.visitor_id].append(exposure)
    for act in world["interactions"]:
        acts[act.visitor_id].append(act)
    sums = defaultdict(lambda: [0.0] * 10)
    lasts = timedelta(days=terms.window_days or experiment.window_days)
    for visitor, seen in slates.items():
        first = min(seen, key=lambda slate: (slate.served_at, slate.recommendation_id))
        begins = first.served_at + timedelta(hours=terms.delay_hours)
        y = counted(terms, acts[visitor], begins, begins + lasts, now, takes)
        past = first.served_at - timedelta(days=28), first.served_at
        x = counted(terms, acts[visitor], *past, now, takes)
        row = sums[first.variant, first.served_at.astimezone(zone).date()]
        for place, term in enumerate((1, y, y * y, x, x * x, x * y, 0, 0, 0, 0)):
            row[place] += term
    return sums


@pytest.mark.parametrize("case", CASES)
def test_the_statement_agrees_with_plain_loops(running, case):
    terms, takes = CASES[case]
    world, now = populate(running, 11, visitors=240), START + timedelta(days=12)
    priced()
    if takes(ITEMS[0]) is None:
        takes = world["in_stock"].__getitem__
    own = metric(running.shop, terms)
    refresh_moments(running, now=now)
    stored = {(row.variant, row.day): sums_of(row) for row in DailyMoment.objects.filter(metric=key_of(own.pk))}
    wanted = expected(running, world, terms, takes, now)
    assert stored.keys() == wanted.keys()
    assert sum(row[1] for row in stored.values()) > 0, "the case counts something"
    for key, sums in wanted.items():
        assert stored[key] == pytest.approx(sums, abs=1e-6), key


def test_several_at_once_count_what_each_counts_alone(running):
    populate(running, 12)
    priced()
    now = START + timedelta(days=12)

    def counted_anew():
        Experiment.objects.update(refreshed_at=None)
        DailyMoment.objects.all().delete()
        refresh_moments(running, now=now)
        rows = DailyMoment.objects.filter(metric__startswith="own_")
        return {(row.metric, row.variant, row.day): sums_of(row) for row in rows}

    alone = {}
    for number, (terms, _takes) in enumerate(CASES.values()):
        own = metric(running.shop, terms, name=f"Metric {number}")
        alone |= counted_anew()
        archive_metric(shop=running.shop, own_id=own.pk, by=None)
    assert len({key for key, _, _ in alone}) == len(CASES)
    OwnMetric.objects.update(archived_at=None)
    assert counted_anew() == alone


def test_one_that_decides_is_told_of_new_and_returning_visitors(running):
    populate(running, 13)
    own = metric(running.shop, MetricTerms("view_item", "count"))
    running.primary_metric = key_of(own.pk)
    running.save()
    refresh_moments(running, now=START + timedelta(days=12))
    parts = PartMoment.objects.filter(experiment=running)
    assert {part.metric for part in parts} == {key_of(own.pk)}
    by_part = {name: sum(part.n for part in parts if part.part == name) for name in ("new", "returning")}
    assert min(by_part.values()) > 0
    assert sum(by_part.values()) == sum(row.n for row in DailyMoment.objects.filter(metric=key_of(own.pk)))


def test_days_stay_open_until_the_slowest_metric_has_counted(running):
    """Seven days and two close a day; with a metric that counts for thirty it stays open."""
    populate(running, 14)
    own = metric(running.shop, MetricTerms("purchase", "count", window_days=30))
    OwnMetric.objects.filter(pk=own.pk).update(created_at=START)
    refresh_moments(running, now=START + timedelta(days=14))
    refresh_moments(running, now=START + timedelta(days=25))
    visitor = Exposure.objects.filter(experiment_id=running.pk).earliest("served_at")
    first = DailyMoment.objects.filter(metric=key_of(own.pk), variant=visitor.variant).earliest("day")
    Interaction.objects.create(
        shop=running.shop, event_id="late", type="purchase", visitor_id=visitor.visitor_id, item_id=ITEMS[0],
        timestamp=visitor.served_at + timedelta(days=20), received_at=START,
    )  # fmt: skip
    refresh_moments(running, now=START + timedelta(days=25))
    again = DailyMoment.objects.get(metric=key_of(own.pk), day=first.day, variant=first.variant)
    assert again.sum_y == first.sum_y + 1


def closed(experiment):
    """Refreshed to the end of its first days; its slates of these are forgotten, as a shop may have it."""
    populate(experiment, 15)
    for days in (12, 30):
        refresh_moments(experiment, now=START + timedelta(days=days))
    counted = set(DailyMoment.objects.filter(experiment=experiment).values_list("pk", flat=True))
    Exposure.objects.all().delete()
    return counted


def test_a_metric_that_is_made_later_opens_no_day_that_is_closed(running):
    counted = closed(running)
    own = metric(running.shop, MetricTerms("purchase", "count", window_days=60))
    OwnMetric.objects.filter(pk=own.pk).update(created_at=START + timedelta(days=31))
    for days in (32, 60):
        refresh_moments(running, now=START + timedelta(days=days))
    assert counted == set(DailyMoment.objects.filter(experiment=running).values_list("pk", flat=True))


def test_an_experiment_that_was_over_is_not_refreshed_for_a_metric_that_is_made_later(running):
    counted = closed(running)
    running.state, running.ended_at = Experiment.State.STOPPED, START + timedelta(days=14)
    running.save()
    own = metric(running.shop, MetricTerms("purchase", "count", window_days=60))
    OwnMetric.objects.filter(pk=own.pk).update(created_at=START + timedelta(days=31))
    assert refresh_running(now=START + timedelta(days=32)) == 0
    assert counted == set(DailyMoment.objects.filter(experiment=running).values_list("pk", flat=True))


def test_days_whose_slates_are_forgotten_are_not_counted_again(running):
    own = metric(running.shop, MetricTerms("purchase", "count", window_days=60))
    OwnMetric.objects.filter(pk=own.pk).update(created_at=START)
    change_retention(shop=running.shop, days=30, actor=None)
    counted = closed(running)
    refresh_moments(running, now=START + timedelta(days=45))
    assert counted == set(DailyMoment.objects.filter(experiment=running).values_list("pk", flat=True))


def seen(shop, visitor, at):
    Exposure.objects.create(
        shop=shop, placement="front", visitor_id=visitor, served_at=at, policy_version=1, policy_hash="",
        temperature=0, seed=0, items=[], candidates={},
    )  # fmt: skip


def bought(shop, visitor, value, at, order):
    Interaction.objects.create(
        shop=shop, event_id=order, type="purchase", visitor_id=visitor, item_id="i1", value=Decimal(value),
        timestamp=at, received_at=at,
    )  # fmt: skip


def test_the_preview_is_what_a_hand_computes(home):
    """Four visitors whose week is over spent 0, 10, 20 and 50, of which 30 count at most; a fifth came today."""
    shop, at = home.shop, clock.now() - timedelta(days=12)
    for number, spent in enumerate((0, 10, 20, 50)):
        seen(shop, f"v{number}", at)
        if spent:
            bought(shop, f"v{number}", spent, at + timedelta(days=1), f"o{number}")
    seen(shop, "today", clock.now())
    bought(shop, "today", 999, clock.now(), "o9")
    found = preview_of(shop, MetricTerms("purchase", "sum", cap=30).definition)
    assert (found.visitors, found.share, found.mean, found.high, found.most) == (4, 0.75, 15.0, 30.0, 30.0)
    assert found.deviation == pytest.approx((500 / 3) ** 0.5)  # (15² + 5² + 5² + 15²) / 3
    assert found.explained == 0.0
    assert found.needed[0.1] > 20 * found.needed[0.5], "a fifth of the change: 25 times the visitors"


def test_a_plan_is_by_the_metric_s_own_spread(home):
    at = clock.now() - timedelta(days=9)
    for number in range(40):
        seen(home.shop, f"v{number}", at)
        if number % 4 == 0:
            bought(home.shop, f"v{number}", 8, at + timedelta(hours=1), f"o{number}")
    own = metric(home.shop, MetricTerms("purchase", "sum"))
    plan = plan_for(home, metric=key_of(own.pk))
    assert plan.is_measured and plan.base == pytest.approx(2.0)
    assert plan.metric.label == "Mine"


def test_a_metric_of_another_shop_decides_nothing(home, other_shop):
    theirs = metric(other_shop, MetricTerms("purchase", "sum"))
    with pytest.raises(errors.Invalid) as refusal:
        create_experiment(
            placement=home, treatment_knobs={"exploration": 0.4}, by=None, terms=Terms(primary_metric=key_of(theirs.pk))
        )
    assert "primary_metric" in refusal.value.fields


def test_one_that_is_archived_is_offered_no_more_and_goes_on_where_it_decides(running):
    own = metric(running.shop, MetricTerms("view_item", "count"))
    running.primary_metric = key_of(own.pk)
    running.save()
    populate(running, 15)
    archive_metric(shop=running.shop, own_id=own.pk, by=None)
    refresh_moments(running, now=START + timedelta(days=12))
    assert results_of(running).primary.control.n > 0
    with pytest.raises(errors.Invalid):
        plan_for(running.placement, metric=key_of(own.pk))


def wide(experiment, own, of_a, of_b, visitors=4000):
    """Days of a metric that went as it is said here, and of the one that decides."""
    for key, share in (("A", of_a), ("B", of_b)):
        for name, mean in ((own, share), (experiment.primary_metric, 0.2)):
            DailyMoment.objects.create(
                experiment=experiment, variant=key, day=START.date(), metric=name, n=visitors,
                sum_y=visitors * mean, sum_yy=visitors * mean,
            )  # fmt: skip


@pytest.mark.parametrize(("of_b", "state"), [(0.4, "harmed"), (0.2, "fine")])
def test_with_a_limit_it_guards_what_another_metric_decides(running, of_b, state):
    terms = MetricTerms("refund", "any", higher_is_better=False)
    own = metric(running.shop, terms, guard_limit=0.25)
    wide(running, key_of(own.pk), 0.2, of_b)
    results = results_of(running)
    (guard,) = [guard for guard in results.guards if guard.metric.key == key_of(own.pk)]
    assert guard.state == state
    assert key_of(own.pk) not in [entry.metric.key for entry in results.estimates]


def test_without_a_limit_it_explains(running):
    own = metric(running.shop, MetricTerms("refund", "any"), guard_limit=0.1)
    change_metric(shop=running.shop, own_id=own.pk, name="Sent 100% back", guard_limit=None, by=None)
    wide(running, key_of(own.pk), 0.2, 0.3)
    results = results_of(running)
    (told,) = [entry for entry in results.estimates if entry.metric.key == key_of(own.pk)]
    assert told.conclusion == "up" and told.adjusted_p is not None
    assert str(told.metric.gain) % {"change": "7%"} == "“Sent 100% back” rises by 7%"


def test_the_past_of_the_visitors_narrows_the_interval(running):
    """CUPED serves an own metric as it does the others."""
    own = metric(running.shop, MetricTerms("view_item", "count"))
    running.primary_metric, n = key_of(own.pk), 2000
    running.save()
    for key in "AB":
        DailyMoment.objects.create(
            experiment=running, variant=key, day=START.date(), metric=key_of(own.pk), n=n,
            sum_y=2 * n, sum_yy=8 * n, sum_x=2 * n, sum_xx=8 * n, sum_xy=7 * n,
        )  # fmt: skip
    comparison = results_of(running).primary.comparison
    assert comparison.theta == pytest.approx(0.75)  # (7 − 2 · 2) / (8 − 2 · 2)
    plain_variance, left = 4.0, 4.0 * (1 - 0.75**2)
    assert comparison.stderr == pytest.approx((2 * left / n) ** 0.5 / 2, rel=0.02)
    assert left < plain_variance


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"event_type": "view_item_list"}, "event_type"),
        ({"aggregation": "median"}, "aggregation"),
        ({"expression": "price <"}, "expression"),
        ({"expression": "visits > 3"}, "expression"),
        ({"window_days": 0}, "window_days"),
        ({"window_days": 61}, "window_days"),
        ({"delay_hours": -1}, "delay_hours"),
        ({"cap": 0.0}, "cap"),
        ({"cap": float("nan")}, "cap"),
        ({"cap": 3.0, "aggregation": "any"}, "cap"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_field(shop, given, field):
    with pytest.raises(errors.Invalid) as refusal:
        metric(shop, MetricTerms(**{"event_type": "purchase", "aggregation": "count", **given}))
    assert set(refusal.value.fields) == {field}
    assert not OwnMetric.objects.exists()


def test_a_name_is_given_once(shop):
    metric(shop, MetricTerms("purchase", "count"))
    with pytest.raises(errors.Conflict):
        metric(shop, MetricTerms("refund", "count"))


def address(name, shop, *ids):
    return reverse(f"experiments:{name}", args=[shop.slug, *ids])


def test_it_is_defined_on_a_page_that_tells_what_it_was(client, owner, home):
    shop, at = home.shop, clock.now() - timedelta(days=12)
    for number in range(10):
        seen(shop, f"v{number}", at)
    for number in range(4):
        bought(shop, f"v{number}", 25, at + timedelta(hours=2), f"o{number}")
    client.force_login(owner)
    given = {"name": "Spent", "event_type": "purchase", "aggregation": "sum", "better": "more", "guard_percent": "7.5"}
    shown = client.get(address("preview-metric", shop), given).content.decode()
    assert "£10.00" in shown and "40.0%" in shown
    assert client.post(address("create-metric", shop), given).status_code == 302
    own = OwnMetric.objects.get()
    assert (own.name, own.guard_limit, own.higher_is_better) == ("Spent", 0.075, True)
    assert "Spent" in client.get(address("metrics", shop)).content.decode()
    assert f'value="{key_of(own.pk)}"' in client.get(address("new", shop)).content.decode()
    sent = {"placement": "front", "exploration": "0.4", "primary_metric": key_of(own.pk), "revision": "0"}
    assert client.post(address("create", shop), sent).status_code == 302
    assert Experiment.objects.get().primary_metric == key_of(own.pk)


def test_what_does_not_fit_stays_in_the_form(client, owner, shop):
    client.force_login(owner)
    given = {"name": "", "event_type": "purchase", "aggregation": "sum", "expression": "price <"}
    answer = client.post(address("create-metric", shop), given)
    assert answer.status_code == 400
    assert "price &lt;" in answer.content.decode()
    assert not OwnMetric.objects.exists()


def test_the_download_calls_it_by_its_name(client, owner, running):
    own = metric(running.shop, MetricTerms("refund", "any"), name="=Sent back")
    wide(running, key_of(own.pk), 0.2, 0.3)
    client.force_login(owner)
    body = client.get(address("download", running.shop, running.pk)).content.decode()
    rows = list(csv.reader(io.StringIO(body)))
    (row,) = [row for row in rows if row[0] == key_of(own.pk)]
    assert row[rows[2].index("label")] == "'=Sent back"


def test_it_is_made_and_decides_through_the_api(secret, home):
    preview = {"event_type": "purchase", "aggregation": "count", "window_days": 3}
    told = secret.post("/experiments/metrics/preview", preview)
    assert (told.status_code, told.json()["visitors"], told.json()["needed"]) == (200, 0, [])
    made = secret.post("/experiments/metrics", {**preview, "name": "Orders in three days"})
    assert made.status_code == 201
    key = made.json()["key"]
    drafted = secret.post("/experiments", {"placement": "front", "knobs": {"exploration": 0.4}, "primary_metric": key})
    assert (drafted.status_code, drafted.json()["primary_metric"]) == (201, key)
    refused = secret.post("/experiments/metrics", {**preview, "name": "More", "expression": "cost > 1"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["expression"])
    changed = secret.patch(f"/experiments/metrics/{made.json()['id']}", {"guard_limit": 0.05})
    assert (changed.status_code, changed.json()["guard_limit"]) == (200, 0.05)
    assert secret.delete(f"/experiments/metrics/{made.json()['id']}").status_code == 204
    assert secret.get("/experiments/metrics").json() == {"metrics": []}


def test_its_first_day_is_the_shops_own(running):
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on 2 July in London
    own = metric(running.shop, MetricTerms("purchase", "count"))
    Exposure.objects.create(
        shop=running.shop, placement="front", visitor_id="v", served_at=late, policy_version=1, policy_hash="",
        experiment_id=running.pk, variant="A", temperature=0, seed=0, items=[], candidates={},
    )  # fmt: skip
    refresh_moments(running, now=late + timedelta(hours=1))
    assert DailyMoment.objects.get(metric=key_of(own.pk)).day.isoformat() == "2026-07-02"
