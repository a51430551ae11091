"""Daily moments: the SQL agrees with plain loops, is idempotent, and leaves closed cohorts alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.catalog.models import Item
from dashboard.events.models import BotVisitor, Exposure, Interaction
from dashboard.experiments.models import DailyMoment
from dashboard.experiments.services import refresh_moments
from tests.experiments.world import ITEMS, START, expected_moments, exposures_of, interactions_of


def stored_moments(experiment):
    rows = DailyMoment.objects.filter(experiment=experiment)
    return {(m.variant, m.day, m.metric): (m.n, m.sum_y, m.sum_yy, m.sum_x, m.sum_xx, m.sum_xy) for m in rows}


def populate(experiment, seed, visitors=60, days=12):
    rng = np.random.default_rng(seed)
    exposures = Exposure.objects.bulk_create(exposures_of(rng, experiment, visitors, days))
    interactions = Interaction.objects.bulk_create(interactions_of(rng, experiment, exposures))
    in_stock = {item: bool(rng.integers(2)) for item in ITEMS}
    Item.objects.bulk_create(Item(shop=experiment.shop, item_id=item, in_stock=in_stock[item]) for item in ITEMS)
    Item.objects.update(updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    return exposures, interactions, in_stock


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_statement_agrees_with_plain_loops(running, seed):
    exposures, interactions, in_stock = populate(running, seed)
    now = START + timedelta(days=10 + seed)
    refresh_moments(running, now=now)
    stored, expected = stored_moments(running), expected_moments(running, exposures, interactions, in_stock, now)
    assert stored.keys() == expected.keys()
    for key in expected:
        assert stored[key] == pytest.approx(expected[key]), key


def test_bots_are_in_no_arm(running):
    exposures, interactions, in_stock = populate(running, 1)
    now, bots = START + timedelta(days=11), {exposure.visitor_id for exposure in exposures[::5]}
    BotVisitor.objects.bulk_create(
        BotVisitor(shop_id=running.shop_id, visitor_id=bot, reason="rate", found_at=now) for bot in bots
    )
    refresh_moments(running, now=now)
    people = [exposure for exposure in exposures if exposure.visitor_id not in bots]
    expected = expected_moments(running, people, interactions, in_stock, now)
    stored = stored_moments(running)
    assert stored.keys() == expected.keys()
    for key in expected:
        assert stored[key] == pytest.approx(expected[key]), key


def test_every_metric_is_exercised_by_that_random_world(running):
    populate(running, 1)
    refresh_moments(running, now=START + timedelta(days=30))
    totals = {metric for (_, _, metric), sums in stored_moments(running).items() if sums[1] > 0}
    assert len(totals) == 11


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
