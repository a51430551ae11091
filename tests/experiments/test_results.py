"""From daily moments to a verdict: false positives, distrust, covariates, guardrails and what is said when."""

from datetime import date, timedelta

import numpy as np
import pytest

from dashboard.core import clock
from dashboard.experiments import charts
from dashboard.experiments.metrics import GUARDRAILS, METRICS
from dashboard.experiments.models import DailyMoment, Experiment, Variant
from dashboard.experiments.selectors import results_of, summaries_of
from dashboard.experiments.selectors.course import Day
from recommender.statistics import compare

FIRST_DAY = date(2026, 11, 2)


def moment(variant, metric, y, x=None, day=0):
    y = np.asarray(y, dtype=float)
    x = np.zeros_like(y) if x is None else np.asarray(x, dtype=float)
    sums = {
        "sum_y": y.sum(),
        "sum_yy": (y * y).sum(),
        "sum_x": x.sum(),
        "sum_xx": (x * x).sum(),
        "sum_xy": (x * y).sum(),
    }
    return DailyMoment(variant=variant, metric=metric, n=len(y), day=FIRST_DAY + timedelta(days=day), **sums)


def store(experiment, *moments):
    DailyMoment.objects.filter(experiment=experiment).delete()
    for each in moments:
        each.experiment = experiment
    DailyMoment.objects.bulk_create(moments)
    return results_of(experiment)


def carts(rng, count, rate):
    return rng.random(count) < rate


def two_arms(rng, rate_a, rate_b, count=4000):
    return [moment("A", "add_to_cart_rate", carts(rng, count, rate_a)),
            moment("B", "add_to_cart_rate", carts(rng, count, rate_b))]  # fmt: skip


@pytest.mark.slow
def test_looking_every_day_at_two_equal_policies_seldom_names_a_winner(running):
    assert false_verdicts(running, experiments=400) <= 0.05


def test_looking_every_day_at_two_equal_policies_names_a_winner_in_few_of_sixty_experiments(running):
    assert false_verdicts(running, experiments=60) <= 0.05


def false_verdicts(experiment, experiments, days=12, visitors_a_day=80):
    """The share of A/A experiments in which the verdict of any day was anything but “early”."""
    rng, wrong = np.random.default_rng(7), 0
    experiment.planned_visitors = days * visitors_a_day * 2
    for _ in range(experiments):
        moments = [
            moment(arm, "add_to_cart_rate", carts(rng, visitors_a_day, 0.15), day=day)
            for day in range(days)
            for arm in "AB"
        ]
        course = store(experiment, *moments).days
        wrong += any(day.low is not None and (day.low > 0 or day.high < 0) for day in course)
    return wrong / experiments


@pytest.mark.parametrize(("hours", "days_left"), [(6, 19), (44, 35), (20 * 24, None)])
def test_the_days_that_are_left_go_by_the_time_that_visitors_had_to_come(running, hours, days_left):
    """A hundred visitors: in less than a day, in two days but four hours, in a week and the part of today."""
    running.started_at, running.planned_visitors = clock.now() - timedelta(hours=hours), 2000
    today = clock.today_in(running.shop.timezone)
    counted = moment("A", "add_to_cart_rate", [1] * 100)
    counted.day = today
    found = store(running, counted).days_left
    assert 1900 / 100 * 7 <= found <= 1900 / 100 * 8 if days_left is None else found == days_left
    running.state = "stopped"
    assert results_of(running).days_left is None


def test_a_clear_gain_without_harm_says_publish_b(running):
    results = store(running, *two_arms(np.random.default_rng(1), 0.10, 0.15))
    assert results.verdict.state == "ship"
    assert results.primary.conclusion == "up"
    assert "more visitors add to cart</b>" in results.verdict.sentence_html
    assert "<b>" not in results.verdict.sentence


def test_a_clear_loss_says_stop_b(running):
    results = store(running, *two_arms(np.random.default_rng(2), 0.15, 0.10))
    assert results.verdict.state == "stop"
    assert "fewer visitors add to cart" in results.verdict.sentence


def test_an_unclear_difference_says_that_it_is_early(running):
    running.planned_visitors = 20_000
    results = store(running, *two_arms(np.random.default_rng(3), 0.15, 0.15))
    assert (results.verdict.state, results.verdict.word) == ("early", "Too early to say")


def test_all_planned_visitors_without_a_difference_say_so(running):
    running.planned_visitors = 5000
    results = store(running, *two_arms(np.random.default_rng(3), 0.15, 0.15))
    assert (results.verdict.state, results.verdict.word) == ("even", "No clear difference")
    assert results.verdict.is_decisive


def test_no_visitors_yet_is_a_state_of_its_own(running):
    results = store(running)
    assert (results.verdict.word, results.trust.srm_p) == ("Waiting for visitors", None)


def test_a_control_without_any_cart_is_not_enough_data_rather_than_no_change(running):
    rng = np.random.default_rng(4)
    results = store(running, *two_arms(rng, 0.0, 0.05, count=500))
    assert results.verdict.word == "Not enough data yet"
    assert (results.primary.lift, results.primary.conclusion) == (None, "no_data")


def test_few_visitors_get_no_verdict_however_clear(running):
    results = store(running, *two_arms(np.random.default_rng(5), 0.1, 0.9, count=60))
    assert results.verdict.word == "Not enough data yet"


def test_an_uneven_split_withholds_the_verdict(running):
    rng = np.random.default_rng(6)
    results = store(
        running,
        moment("A", "add_to_cart_rate", carts(rng, 4000, 0.10)),
        moment("B", "add_to_cart_rate", carts(rng, 4600, 0.15)),
    )
    assert results.trust.srm_p < 0.0005
    assert results.verdict.state == "distrust"
    assert not results.trust.split_as_planned


def width(results, metric):
    low, high = next(entry for entry in results.estimates if entry.metric.key == metric).interval
    return high - low


def test_the_covariate_narrows_the_interval(running):
    rng = np.random.default_rng(8)
    before = rng.gamma(1.0, 20.0, size=(2, 3000))
    spent = before * 0.8 + rng.gamma(1.0, 5.0, size=before.shape)
    with_it = store(
        running, *(moment(a, "revenue_per_visitor", y, x) for a, y, x in zip("AB", spent, before, strict=True))
    )
    narrow = width(with_it, "revenue_per_visitor")
    without = store(running, *(moment(a, "revenue_per_visitor", y) for a, y in zip("AB", spent, strict=True)))
    assert narrow < 0.5 * width(without, "revenue_per_visitor")


def test_a_harmed_guardrail_turns_a_gain_into_a_warning(running):
    rng = np.random.default_rng(9)
    slates = np.ones(4000)
    results = store(
        running,
        *two_arms(rng, 0.10, 0.15),
        moment("A", "slate_latency", rng.normal(10, 1, 4000), slates),
        moment("B", "slate_latency", rng.normal(15, 1, 4000), slates),
    )
    assert (results.verdict.state, results.verdict.word) == ("stop", "Do not publish B")
    assert "Time to make a slate rose by" in results.verdict.sentence


@pytest.mark.parametrize(("planned", "state", "is_decisive"), [(20_000, "unproven", False), (5_000, "weigh", True)])
def test_a_gain_whose_guardrails_are_unproven_is_no_call_to_publish(running, planned, state, is_decisive):
    """Until the plan is fulfilled there is time to prove them; then somebody weighs it."""
    running.planned_visitors = planned
    rng = np.random.default_rng(9)
    noisy = rng.gamma(0.02, 500, (2, 4000))
    results = store(
        running,
        *two_arms(rng, 0.10, 0.15),
        *(moment(arm, "slate_latency", y, np.ones(4000)) for arm, y in zip("AB", noisy, strict=True)),
    )
    assert next(guard for guard in results.guards if guard.metric.key == "slate_latency").state == "unsure"
    assert (results.verdict.state, results.verdict.is_decisive) == (state, is_decisive)
    assert "Time to make a slate" in results.verdict.sentence
    assert "Publish" not in results.verdict.word
    assert results.verdict.kind.offers == ""


def test_a_guardrail_that_stays_within_its_limit_is_fine(running):
    rng = np.random.default_rng(10)
    slates = np.ones(4000)
    results = store(
        running,
        moment("A", "slate_latency", rng.normal(10, 1, 4000), slates),
        moment("B", "slate_latency", rng.normal(10.5, 1, 4000), slates),
    )
    states = {guard.metric.key: guard.state for guard in results.guards}
    assert states["slate_latency"] == "fine"
    assert states["fallback_share"] == "none"


def test_who_finds_new_things_at_the_cost_of_clicks_is_told_of_the_fall(running):
    running.primary_metric, rng, slates = "items_discovered", np.random.default_rng(13), np.ones(4000)
    results = store(
        running,
        moment("A", "items_discovered", carts(rng, 4000, 0.05)),
        moment("B", "items_discovered", carts(rng, 4000, 0.15)),
        moment("A", "click_through", carts(rng, 4000, 0.4), slates),
        moment("B", "click_through", carts(rng, 4000, 0.2), slates),
    )
    clicks = next(guard for guard in results.guards if guard.metric.key == "click_through")
    assert (clicks.state, clicks.worst) == ("harmed", clicks.interval[0])
    assert "Clicks per 1,000 slates fell by" in results.verdict.sentence
    assert "limit of −10%" in results.verdict.because


def test_clicks_are_guarded_only_where_discovery_decides(running):
    def guarded(deciding):
        running.primary_metric = deciding
        return {guard.metric.key for guard in store(running, *two_arms(np.random.default_rng(11), 0.1, 0.2)).guards}

    assert guarded("items_discovered") - guarded("add_to_cart_rate") == {"click_through"}


def test_the_metric_that_decides_stands_first_and_is_not_adjusted(running):
    running.primary_metric = "click_through"
    results = store(running, *two_arms(np.random.default_rng(11), 0.1, 0.2))
    assert results.estimates[0].metric.key == "click_through"
    assert len(results.estimates) == len(METRICS) and len(results.guards) == len(GUARDRAILS) - 1
    assert results.primary.adjusted_p is None


def test_the_last_day_of_the_time_course_is_the_answer(running):
    rng = np.random.default_rng(12)
    days = [moment(arm, "add_to_cart_rate", carts(rng, 200, 0.2), day=day) for day in range(5) for arm in "AB"]
    results = store(running, *days)
    assert (results.days[-1].low, results.days[-1].high) == results.primary.interval
    assert [day.visitors for day in results.days] == [{"A": 200, "B": 200}] * 5


def test_the_list_says_of_many_what_the_page_says_of_each(running):
    rng = np.random.default_rng(3)
    rates = [("A", 0.1), ("B", 0.2)] * 3
    store(
        running,
        *(moment(arm, "add_to_cart_rate", carts(rng, 300, rate), day=n // 2) for n, (arm, rate) in enumerate(rates)),
    )
    silent = Experiment.objects.create(shop=running.shop, placement=running.placement, name="Nobody came")
    Variant.objects.bulk_create(
        Variant(experiment=silent, key=arm.key, policy=arm.policy) for arm in running.variants.all()
    )
    found = summaries_of([running, silent])
    for experiment in (running, silent):
        whole, summary = results_of(experiment), found[experiment.pk]
        assert summary.visitors == whole.trust.total
        assert (summary.primary.lift, summary.primary.interval) == (whole.primary.lift, whole.primary.interval)
    assert (found[running.pk].visitors, found[silent.pk].visitors) == (1800, 0)
    assert found[running.pk].primary.interval is not None


def test_nothing_can_fall_by_more_than_all_of_it(running):
    rng = np.random.default_rng(3)
    results = store(running, *two_arms(rng, 0.02, 0.01, count=120))
    arithmetic = results.primary.comparison.sequential.ci
    assert arithmetic[0] < -1
    assert results.primary.interval == (-1.0, arithmetic[1])
    assert all(day.low >= -1 for day in results.days)


def test_every_dot_of_the_chart_stands_on_its_axis(running):
    results = store(running, *two_arms(np.random.default_rng(5), 0.01, 0.04, count=400))
    assert results.primary.lift > 1.5
    left, right = charts.change_by_metric(results).layout["xaxis"]["range"]
    dots = [x for trace in charts.change_by_metric(results).data if trace["mode"] == "markers" for x in trace["x"]]
    assert dots
    assert all(left < x < right for x in dots)


@pytest.mark.parametrize(
    ("lifts", "drawn"),
    [
        ([40.0, 4.8, 8.5, 7.83], [None, 480.0, 850.0, 783.0]),
        ([0.3, 0.05, 0.08], [30.0, 5.0, 8.0]),
        ([-0.6, 5.0, 2.0], [-60.0, 500.0, 200.0]),
    ],
)
def test_the_line_of_days_never_leaves_its_chart(running, lifts, drawn):
    """A test of few visitors began at +4,000% and ended at +783%, above the top of an axis of ±500%."""
    results = store(running, *two_arms(np.random.default_rng(5), 0.01, 0.04, count=400))
    days = [
        Day(FIRST_DAY + timedelta(days=place), {}, lift, max(lift - 9, -1.0), lift + 9)
        for place, lift in enumerate(lifts)
    ]
    vars(results)["days"] = days  # as if worked out
    figure = charts.answer_over_time(results)
    line = next(trace["y"] for trace in figure.data if "customdata" in trace)
    bottom, top = figure.layout["yaxis"]["range"]
    assert line == drawn
    assert all(bottom < y < top for y in line if y is not None)
    assert bottom >= -106  # nothing falls by more than all of it: half of the chart would be blank
    assert ("stand in its table" in figure.caption) == (None in drawn)


def test_of_several_variants_each_is_held_against_a_and_the_best_at_worst_leads(running):
    rng = np.random.default_rng(14)
    Variant.objects.create(experiment=running, key="C", policy=running.variants.get(key="A").policy)
    rates = {"A": 0.10, "B": 0.11, "C": 0.16}
    rows = [moment(arm, "add_to_cart_rate", carts(rng, 1500, rate), day=day) for day in (0, 1)
            for arm, rate in rates.items()]  # fmt: skip
    results = store(running, *rows)
    assert [versus.variant for versus in results.versus] == ["C", "B"]
    assert results.leading == "C"
    assert results.primary.treatment_value == pytest.approx(0.16, abs=0.02)
    assert results.trust.visitors == {"A": 3000, "B": 3000, "C": 3000}
    assert results.days[-1].answers["B"].lift == results.versus[1].primary.lift
    assert summaries_of([running])[running.pk].variant == "C"
    alone = compare(
        results.primary.control, results.primary.treatment, kind="mean_cuped", sequential_n=running.planned_visitors
    )
    assert results.primary.interval[0] < alone.sequential.ci[0]  # together they miss the truth no more often than one


def test_equal_variants_of_four_seldom_have_a_leader_that_is_clear(running):
    rng, wrong = np.random.default_rng(15), 0
    for key in "CD":
        Variant.objects.create(experiment=running, key=key, policy=running.variants.get(key="A").policy)
    for _ in range(40):
        results = store(running, *(moment(arm, "add_to_cart_rate", carts(rng, 800, 0.2)) for arm in "ABCD"))
        wrong += any(versus.primary.conclusion != "unclear" for versus in results.versus)
    assert wrong <= 3
