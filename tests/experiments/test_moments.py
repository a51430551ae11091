"""Daily moments: the SQL agrees with plain loops, is idempotent, and leaves closed cohorts alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.audiences.models import Audience, AudienceChange
from dashboard.audiences.services import set_attributes
from dashboard.catalog.models import Item
from dashboard.events.models import BotVisitor, Exposure, Impression, Interaction
from dashboard.experiments.metrics import CHANGED_SIDES, FUNNEL, GUARDRAILS, METRICS, SIMULATED
from dashboard.experiments.models import DailyMoment, PartMoment
from dashboard.experiments.services import refresh_moments
from recommender.statistics import SUMS
from tests.experiments.world import (
    ITEMS,
    START,
    answers_of,
    earlier_slates_of,
    expected_moments,
    exposures_of,
    impressions_of,
    interactions_of,
)

EVERY = {*METRICS, *GUARDRAILS, *FUNNEL, SIMULATED, CHANGED_SIDES}


def sums_of(row):
    return tuple(getattr(row, name) for name in SUMS)


def stored_moments(experiment):
    return {(m.variant, m.day, m.metric): sums_of(m) for m in DailyMoment.objects.filter(experiment=experiment)}


def populate(experiment, seed, visitors=60, days=12):
    """What `expected_moments` asks for after the experiment, by name."""
    rng = np.random.default_rng(seed)
    exposures = Exposure.objects.bulk_create(exposures_of(rng, experiment, visitors, days))
    interactions = interactions_of(rng, experiment, exposures)
    interactions = Interaction.objects.bulk_create([*interactions, *answers_of(rng, interactions)])
    impressions = Impression.objects.bulk_create(impressions_of(rng, exposures))
    earlier = Exposure.objects.bulk_create(earlier_slates_of(rng, experiment, exposures))
    in_stock = {item: bool(rng.integers(2)) for item in ITEMS}
    Item.objects.bulk_create(Item(shop=experiment.shop, item_id=item, in_stock=in_stock[item]) for item in ITEMS)
    Item.objects.update(updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    return {
        "exposures": exposures,
        "interactions": interactions,
        "in_stock": in_stock,
        "impressions": impressions,
        "earlier": earlier,
    }


def agree(stored, expected):
    assert stored.keys() == expected.keys()
    for key in expected:
        assert stored[key] == pytest.approx(expected[key], abs=1e-6), key


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_statement_agrees_with_plain_loops(running, seed):
    world, now = populate(running, seed), START + timedelta(days=10 + seed)
    refresh_moments(running, now=now)
    agree(stored_moments(running), expected_moments(running, now=now, **world))


def test_bots_are_in_no_arm(running):
    world = populate(running, 1)
    now, bots = START + timedelta(days=11), {exposure.visitor_id for exposure in world["exposures"][::5]}
    BotVisitor.objects.bulk_create(
        BotVisitor(shop_id=running.shop_id, visitor_id=bot, reason="rate", found_at=now) for bot in bots
    )
    refresh_moments(running, now=now)
    world["exposures"] = [exposure for exposure in world["exposures"] if exposure.visitor_id not in bots]
    agree(stored_moments(running), expected_moments(running, now=now, **world))


def test_the_parts_of_the_visitors_are_those_of_before_their_first_slate(running):
    """Devices by attribute, audiences by who had entered and not left by then, new by no trace in four weeks."""
    world, now = populate(running, 2), START + timedelta(days=12)
    audience = Audience.objects.create(shop=running.shop, name="Regulars", expression="visits > 3", changed_at=START)
    since = {}
    for exposure in world["exposures"]:
        since[exposure.visitor_id] = min(since.get(exposure.visitor_id, now), exposure.served_at)
    visitors = sorted(since)
    for visitor in visitors[::4]:
        set_attributes(shop=running.shop, visitor_id=visitor, attributes={"device": "Phone"})
    entered, left, late = visitors[::3], visitors[::6], visitors[1::3]
    AudienceChange.objects.bulk_create(
        [
            *(_change(audience, visitor, True, START - timedelta(days=3)) for visitor in entered),
            *(_change(audience, visitor, False, START - timedelta(days=1)) for visitor in left),
            *(_change(audience, visitor, True, since[visitor] + timedelta(seconds=1)) for visitor in late),
        ]
    )
    refresh_moments(running, now=now)
    expected = {
        "device:phone": set(visitors[::4]),
        f"audience:{audience.pk}": set(entered) - set(left),
        **_by_trace(world, since),
    }
    rows = {key: [row for row in world["exposures"] if row.visitor_id in who] for key, who in expected.items()}
    for key, exposures in rows.items():
        found = PartMoment.objects.filter(experiment=running, part=key)
        assert {row.metric for row in found} == {running.primary_metric}
        whole = expected_moments(running, now=now, **{**world, "exposures": exposures})
        agree(
            {(row.variant, row.day): sums_of(row) for row in found},
            {(arm, day): sums for (arm, day, metric), sums in whole.items() if metric == running.primary_metric},
        )
    assert {row.part for row in PartMoment.objects.filter(experiment=running)} == set(expected)


def _change(audience, visitor, has_entered, at):
    return AudienceChange(
        shop=audience.shop, audience=audience, visitor_id=visitor, has_entered=has_entered, cause="visitor", at=at
    )


def _by_trace(world, since):
    known = {
        row.visitor_id
        for moment, rows in (("timestamp", world["interactions"]), ("served_at", world["earlier"]))
        for row in rows
        if since[row.visitor_id] - timedelta(days=28) <= getattr(row, moment) < since[row.visitor_id]
    }
    return {"returning": known, "new": set(since) - known}


def test_every_metric_is_exercised_by_that_random_world(running):
    populate(running, 1)
    refresh_moments(running, now=START + timedelta(days=30))
    totals = {metric for (_, _, metric), sums in stored_moments(running).items() if sums[1] > 0}
    assert totals == EVERY
    covaried = {metric for (_, _, metric), sums in stored_moments(running).items() if sums[7] > 0}
    assert covaried == {"click_through", "average_order", "items_per_order"}


def test_refreshing_twice_changes_nothing(running):
    populate(running, 5)
    now = START + timedelta(days=14)
    refresh_moments(running, now=now)
    first = stored_moments(running)
    refresh_moments(running, now=now)
    assert stored_moments(running) == first


def test_a_closed_cohort_is_final_and_an_open_one_is_recomputed(running):
    populate(running, 6)
    refreshed_at = START + timedelta(days=13)
    refresh_moments(running, now=refreshed_at)
    before = stored_moments(running)
    Interaction.objects.all().delete()
    refresh_moments(running, now=START + timedelta(days=14))
    after = stored_moments(running)
    first_open = (refreshed_at - timedelta(days=running.window_days + 2)).date()
    closed = [key for key in before if key[1] < first_open]
    still_open = [key for key in before if key[1] >= first_open and key[2] == "click_through"]
    assert closed and all(after[key] == before[key] for key in closed)
    assert still_open and all(after[key][1] == 0 for key in still_open)


def test_another_shops_behaviour_never_counts(running, other_shop):
    populate(running, 7)
    refresh_moments(running, now=START + timedelta(days=14))
    before = stored_moments(running)
    lines = [
        Interaction(shop=other_shop, event_id=f"x{n}", type="add_to_cart", visitor_id=f"v{n}", item_id="i1",
                    timestamp=START + timedelta(days=n % 12), received_at=START)
        for n in range(60)
    ]  # fmt: skip
    Interaction.objects.bulk_create(lines)
    refresh_moments(running, now=START + timedelta(days=14))
    assert stored_moments(running) == before


def test_a_cohorts_day_is_the_shops_own(running):
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on 2 July in London
    Exposure.objects.create(
        shop=running.shop, placement="front", visitor_id="v", served_at=late, policy_version=1, policy_hash="",
        experiment_id=running.pk, variant="A", temperature=0, seed=0, items=[], candidates={},
    )  # fmt: skip
    refresh_moments(running, now=late + timedelta(hours=1))
    assert {moment.day.isoformat() for moment in DailyMoment.objects.all()} == {"2026-07-02"}
