"""The experiments of the small shop, with sums by the day as the hourly refresh would have stored them."""

import datetime

from dashboard.core import clock

EXPERIMENT_ID = 9001  # known before the database gives numbers, for addresses
LEARNED = {
    "decision": "Too few come by the cart to tell; ask again in December.",
    "tags": ["cart", "exploration"],
    "predicted": {"change": 0.05, "low": -0.01, "high": 0.11},
}


def seed_experiments(shop):
    """One that runs on Home and shows a clear gain, one that was stopped on the cart, and a draft."""
    from dashboard.experiments.models import Experiment, Variant
    from dashboard.policies.models import Placement, Policy

    now = clock.now()
    for number, (slug, state, verdict) in enumerate(
        [("home", "running", "ship"), ("cart", "stopped", "early"), ("product", "draft", "")]
    ):
        placement = Placement.objects.get(shop=shop, slug=slug)
        started = None if state == "draft" else now - datetime.timedelta(days=15 + 20 * number)
        experiment = Experiment.objects.create(
            pk=EXPERIMENT_ID + number,
            shop=shop,
            placement=placement,
            name=f"More exploration on {placement.name}",
            state=state,
            salt=slug,
            started_at=started,
            ended_at=started + datetime.timedelta(days=14) if state == "stopped" else None,
            refreshed_at=started and now,
            verdict=verdict,
            **(LEARNED if state == "stopped" else {}),
        )
        knobs = {**placement.policies.get(version=1).knobs, "exploration": 0.25}
        treatment = Policy.objects.create(placement=placement, version=2, knobs=knobs)
        for key, policy in (("A", placement.policies.get(version=1)), ("B", treatment)):
            Variant.objects.create(experiment=experiment, key=key, policy=policy)
        if started:
            _moments(experiment, started.date(), gain=0.4 if state == "running" else 0.02)
    _interleaved(shop, now)
    _own_metrics(shop)


def _interleaved(shop, now):
    """One that has ended on the cart: visitors prefer B, and buy too little to say more."""
    from dashboard.experiments.models import Experiment, InterleavedDay, Variant
    from dashboard.policies.models import Placement

    placement, started = Placement.objects.get(shop=shop, slug="cart"), now - datetime.timedelta(days=60)
    experiment = Experiment.objects.create(
        pk=EXPERIMENT_ID + 3, shop=shop, placement=placement, name="Which one on Cart", state="stopped", salt="both",
        is_interleaved=True, started_at=started, ended_at=started + datetime.timedelta(days=9), refreshed_at=now,
        verdict="preferred", planned_visitors=1500,
    )  # fmt: skip
    for key, version in (("A", 1), ("B", 2)):
        Variant.objects.create(experiment=experiment, key=key, policy=placement.policies.get(version=version))
    for step in range(9):
        for credit, for_a, for_b in (("clicks", 9 + step % 3, 16 + step % 4), ("purchases", 1, 2)):
            InterleavedDay.objects.create(
                experiment=experiment, day=started.date() + datetime.timedelta(days=step), credit=credit,
                visitors=140 + step, slates=390 + 3 * step, for_a=for_a, for_b=for_b, items_a=for_a + 3,
                items_b=for_b + 4,
            )  # fmt: skip


def _own_metrics(shop):
    from dashboard.experiments.models import OwnMetric

    OwnMetric.objects.create(
        shop=shop, name="Spent on gifts", event_type="purchase", aggregation="sum", expression='category = "Gifts"',
        window_days=14, cap=200.0,
    )  # fmt: skip
    OwnMetric.objects.create(
        shop=shop, name="Sent something back", event_type="refund", aggregation="any", delay_hours=24,
        higher_is_better=False, guard_limit=0.1,
    )  # fmt: skip


def _moments(experiment, first_day, gain):
    from dashboard.experiments.models import DailyMoment, PartMoment

    rows = []
    for step in range(14):
        for variant, factor in (("A", 1.0), ("B", 1.0 + gain)):
            n = 120 + (7 * step + len(variant) * step * step) % 23
            for metric, rate in [("add_to_cart_rate", 0.12), ("items_discovered", 0.3), ("orders_per_visitor", 0.04)]:
                count = round(n * rate * factor)
                rows.append(_moment(experiment, variant, first_day, step, metric, n, count))
            rows.append(_moment(experiment, variant, first_day, step, "simulated_visitors", n, n // 3))
            rows.append(_moment(experiment, variant, first_day, step, "changed_sides", n, 0))
            ratio = round(n * 0.3 * factor)
            rows.append(_moment(experiment, variant, first_day, step, "click_through", n, ratio, per=2))
            rows.append(_moment(experiment, variant, first_day, step, "fallback_share", n, n // 20, per=2))
            for stage, share in [("rendered", 1.6), ("clicked", 0.2), ("carted", 0.07), ("bought", 0.02)]:
                count = round(n * share * (factor if share < 1 else 1.0))
                rows.append(_moment(experiment, variant, first_day, step, f"slates_{stage}", n, count, per=2))
    DailyMoment.objects.bulk_create(rows)
    PartMoment.objects.bulk_create(_parts(rows))


def _parts(rows):
    """New visitors answer to it, returning ones less."""
    from dashboard.experiments.models import PartMoment

    return [
        PartMoment(
            experiment=row.experiment, part=part, variant=row.variant, day=row.day, metric=row.metric,
            n=round(row.n * share), sum_y=round(row.sum_y * share * lift), sum_yy=round(row.sum_yy * share * lift),
        )
        for row in rows
        if row.metric == "add_to_cart_rate"
        for part, share, lift in [("new", 0.7, 1.1), ("returning", 0.3, 0.8), ("device:phone", 0.6, 1.0),
                                  ("device:desktop", 0.4, 1.0)]
    ]  # fmt: skip


def _moment(experiment, variant, first_day, step, metric, n, count, per=0):
    """`count` of `n` visitors have a 1; with `per` each visitor also has that many slates to count them against."""
    from dashboard.experiments.models import DailyMoment

    return DailyMoment(
        experiment=experiment,
        variant=variant,
        day=first_day + datetime.timedelta(days=step),
        metric=metric,
        n=n,
        sum_y=count,
        sum_yy=count,
        sum_x=per * n,
        sum_xx=per * per * n,
        sum_xy=per * count,
    )
