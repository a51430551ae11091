"""Results of an experiment, from its daily moments: estimates, guardrails, trust, time course, verdict."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from dashboard.core import clock
from dashboard.core.kept import kept, kept_anew
from dashboard.experiments.estimates import Estimate, GuardEstimate, estimate, moments_of
from dashboard.experiments.metrics import CHANGED_SIDES, GUARDRAILS, METRICS, SIMULATED, Metric
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.risks import Risk, risks_of
from dashboard.experiments.selectors.planning import detectable_change
from dashboard.experiments.verdicts import Evidence, Verdict, verdict_of
from recommender.statistics import SRM_THRESHOLD, benjamini_hochberg, srm_p

RECENT_DAYS = 7
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Day:
    """The answer as it stood after a cohort day, and that day's new visitors by variant."""

    day: date
    visitors: dict[str, int]
    lift: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Trust:
    """Whether the data deserves belief. `srm_p` None: too few visitors to check the split."""

    visitors: dict[str, int]
    srm_p: float | None
    changed_sides: int
    simulated: int
    full_weeks: int

    @property
    def split_as_planned(self) -> bool:
        return self.srm_p is None or self.srm_p >= SRM_THRESHOLD

    @property
    def total(self) -> int:
        return sum(self.visitors.values())

    @property
    def simulated_share(self) -> float:
        return self.simulated / self.total if self.total else 0.0


@dataclass(frozen=True)
class Results:
    """All that the page, the CSV and the API say. `estimates`: the deciding metric first; `deciding`: its days; `mde`:
    the smallest change that the plan can show."""

    experiment: Experiment
    estimates: list[Estimate]
    guards: list[GuardEstimate]
    deciding: list[DailyMoment]
    trust: Trust
    days_left: int | None
    mde: float | None

    @property
    def primary(self) -> Estimate:
        return self.estimates[0]

    @property
    def risks(self) -> list[Risk]:
        """What publishing B would take, in the reader's language."""
        return risks_of(self)

    @property
    def verdict(self) -> Verdict:
        """In the reader's language."""
        return verdict_of(
            Evidence(
                primary=self.primary,
                guards=self.guards,
                visitors=self.trust.visitors,
                srm_p=self.trust.srm_p,
                planned_visitors=self.experiment.planned_visitors,
                days_left=self.days_left,
                mde=self.mde,
                is_running=self.experiment.state == Experiment.State.RUNNING,
            )
        )

    @cached_property
    def days(self) -> list[Day]:
        """Worked out when somebody looks: an estimate a day."""
        return _time_course(self.experiment, self.deciding)


def results_of(experiment: Experiment) -> Results:
    """Computed from the stored sums alone: some 40 ms, whatever the number of visitors, and once after each refresh.

    Sums change with a refresh alone, so what was worked out holds until the next; so does the number of days left.
    """
    if experiment.refreshed_at is None:
        return _results(experiment)
    return replace(kept(_key(experiment), KEPT_SECONDS, lambda: _results(experiment)), experiment=experiment)


def results_anew(experiment: Experiment) -> Results:
    """The same of sums that were written just now, kept for those who ask next."""
    return kept_anew(_key(experiment), KEPT_SECONDS, _results(experiment))


def _key(experiment: Experiment) -> str:
    as_of = experiment.refreshed_at.timestamp() if experiment.refreshed_at else 0
    return f"experiment-results:{experiment.pk}:{as_of}:{experiment.state}"


def _results(experiment: Experiment) -> Results:
    rows = _rows_by_metric(experiment)
    estimates = _estimates(experiment, rows)
    guarded = [metric for metric in GUARDRAILS.values() if metric.stands_beside(experiment.primary_metric)]
    return Results(
        experiment=experiment,
        estimates=estimates,
        guards=[_estimate(experiment, metric, rows[metric.key]) for metric in guarded],  # type: ignore[misc]
        deciding=rows[experiment.primary_metric],
        trust=_trust(experiment, rows),
        days_left=days_left_of(experiment, rows[experiment.primary_metric]),
        mde=_detectable(experiment, estimates[0]),
    )


Rows = dict[str, list[DailyMoment]]


def _rows_by_metric(experiment: Experiment) -> Rows:
    rows: Rows = defaultdict(list)
    for moment in DailyMoment.objects.filter(experiment=experiment).order_by("day", "variant"):
        rows[moment.metric].append(moment)
    return rows


def _estimate(
    experiment: Experiment, metric: Metric, rows: Iterable[DailyMoment], *, with_bayes: bool = True
) -> Estimate:
    rows = list(rows)
    control = moments_of(row for row in rows if row.variant == "A")
    treatment = moments_of(row for row in rows if row.variant == "B")
    return estimate(metric, control, treatment, planned_visitors=experiment.planned_visitors, with_bayes=with_bayes)


def _estimates(experiment: Experiment, rows: Rows) -> list[Estimate]:
    decides = METRICS[experiment.primary_metric]
    others = [metric for metric in METRICS.values() if metric != decides]
    primary = _estimate(experiment, decides, rows[decides.key])
    secondary = [_estimate(experiment, metric, rows[metric.key]) for metric in others]
    return [primary, *_adjusted(secondary)]


def _adjusted(estimates: list[Estimate]) -> list[Estimate]:
    """Benjamini–Hochberg over the p-values that are dual to the intervals shown; those without data stay out."""
    known = {entry.metric.key: entry.p_value for entry in estimates if entry.p_value is not None}
    adjusted = dict(zip(known, benjamini_hochberg(list(known.values())), strict=True)) if known else {}
    return [replace(entry, adjusted_p=adjusted.get(entry.metric.key)) for entry in estimates]


def _trust(experiment: Experiment, rows: Rows) -> Trust:
    variants = {variant.key: variant.weight for variant in experiment.variants.all()}
    counted = rows[experiment.primary_metric]
    visitors = {key: sum(row.n for row in counted if row.variant == key) for key in sorted(variants)}
    total = sum(visitors.values())
    return Trust(
        visitors=visitors,
        srm_p=srm_p(list(visitors.values()), [variants[key] for key in visitors]) if total else None,
        changed_sides=int(sum(row.sum_y for row in rows[CHANGED_SIDES])),
        simulated=int(sum(row.sum_y for row in rows[SIMULATED])),
        full_weeks=_days_run(experiment) // 7,
    )


def _days_run(experiment: Experiment) -> int:
    if experiment.started_at is None:
        return 0
    return ((experiment.ended_at or clock.now()) - experiment.started_at).days


def _time_course(experiment: Experiment, rows: list[DailyMoment]) -> list[Day]:
    """The deciding metric, cumulative by cohort day, with its always-valid interval."""
    metric, course = METRICS[experiment.primary_metric], []
    for day in sorted({row.day for row in rows}):
        until = _estimate(experiment, metric, (row for row in rows if row.day <= day), with_bayes=False)
        low, high = until.interval or (None, None)
        visitors = {row.variant: row.n for row in rows if row.day == day}
        course.append(Day(day, visitors, until.lift, low, high))
    return course


def days_left_of(experiment: Experiment, rows: list[DailyMoment]) -> int | None:
    """Days until the planned number of visitors, at the pace of the last week; None where nobody comes (any more)."""
    if experiment.state != Experiment.State.RUNNING or experiment.started_at is None:
        return None
    zone = experiment.shop.timezone
    first_day = clock.today_in(zone) - timedelta(days=RECENT_DAYS)
    recent = sum(row.n for row in rows if row.day >= first_day)
    if not recent:
        return None
    began_at = max(clock.day_bounds(first_day, zone)[0], experiment.started_at)
    span_days = max((clock.now() - began_at) / clock.DAY, 1.0)
    return max(1, round((experiment.planned_visitors - sum(row.n for row in rows)) / (recent / span_days)))


def _detectable(experiment: Experiment, primary: Estimate) -> float | None:
    return detectable_change(primary, experiment.planned_visitors)
