"""Results of an experiment, from its daily moments: estimates, guardrails, trust, time course, verdict."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from dashboard.core.kept import kept, kept_anew
from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.estimates import ALPHA, Estimate, GuardEstimate, estimate, moments_of
from dashboard.experiments.metrics import CHANGED_SIDES, SIMULATED, Metric
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.risks import Risk, risks_of
from dashboard.experiments.selectors.course import Day, PlannedEnd, planned_end, time_course
from dashboard.experiments.selectors.funnel import Stage, funnel_of
from dashboard.experiments.selectors.interleaving import Preferences, preferences_of
from dashboard.experiments.selectors.marks import Mark, marks_during
from dashboard.experiments.selectors.own import guarding, told_in
from dashboard.experiments.selectors.pace import days_left_of, days_run
from dashboard.experiments.selectors.parts import Part, parts_of
from dashboard.experiments.selectors.planning import detectable_change
from dashboard.experiments.verdicts import Evidence, Verdict, verdict_of
from recommender.statistics import SRM_THRESHOLD, benjamini_hochberg, srm_p

KEPT_SECONDS = 24 * 3600
_FORM = 3  # of what is kept: raise it where Results change


@dataclass(frozen=True)
class Trust:
    """Whether the data deserves belief. `srm_p`: None without visitors."""

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
class Versus:
    """One variant against A. `estimates`: the deciding metric first."""

    variant: str
    estimates: list[Estimate]
    guards: list[GuardEstimate]

    @property
    def primary(self) -> Estimate:
        return self.estimates[0]


@dataclass(frozen=True)
class Results:
    """All that the page, the CSV and the API say. `versus`: every variant but A, the leading one first: the one whose
    deciding metric is at worst best; `weights`: the planned split; `deciding`: the days of the deciding metric; `mde`:
    the smallest change that the plan can show."""

    experiment: Experiment
    versus: list[Versus]
    weights: dict[str, float]
    deciding: list[DailyMoment]
    funnel: list[Stage]
    parts: list[Part]
    trust: Trust
    days_left: int | None
    mde: float | None

    @property
    def leading(self) -> str:
        """The variant that the verdict is about."""
        return self.versus[0].variant

    @property
    def estimates(self) -> list[Estimate]:
        """Of the leading variant."""
        return self.versus[0].estimates

    @property
    def guards(self) -> list[GuardEstimate]:
        """Of the leading variant."""
        return self.versus[0].guards

    @property
    def primary(self) -> Estimate:
        return self.estimates[0]

    @property
    def alpha(self) -> float:
        """Of one variant's interval, so that all together miss the truth in 5% of experiments at most (Bonferroni)."""
        return ALPHA / max(len(self.versus), 1)

    @property
    def risks(self) -> list[Risk]:
        """What publishing the leading variant would take, in the reader's language."""
        return self.risks_of(self.leading)

    def risks_of(self, variant: str) -> list[Risk]:
        """The same of any other."""
        found = next(entry for entry in self.versus if entry.variant == variant)
        return risks_of(found.guards, split_as_planned=self.trust.split_as_planned)

    @cached_property
    def interleaved(self) -> Preferences | None:
        """What visitors chose, where both policies make each slate together; there is nothing else to tell then."""
        return preferences_of(self.experiment) if self.experiment.is_interleaved else None

    @property
    def verdict(self) -> Verdict:
        """In the reader's language."""
        if self.interleaved is not None:
            return self.interleaved.verdict
        return verdict_of(
            Evidence(
                primary=self.primary,
                guards=self.guards,
                visitors=self.trust.visitors,
                split_as_planned=self.trust.split_as_planned,
                planned_visitors=self.experiment.planned_visitors,
                days_left=self.days_left,
                mde=self.mde,
                is_running=self.experiment.state == Experiment.State.RUNNING,
                variant=self.leading,
                rivals=[entry.primary for entry in self.versus[1:]],
                is_aa=self.experiment.is_aa,
            )
        )

    @cached_property
    def days(self) -> list[Day]:
        """Worked out when somebody looks: an estimate a day and variant."""
        return time_course(
            self.deciding,
            self.primary.metric,
            weights=self.weights,
            leading=self.leading,
            planned_visitors=self.experiment.planned_visitors,
            alpha=self.alpha,
        )

    @cached_property
    def planned_end(self) -> PlannedEnd | None:
        """What a test of one look says, once the planned visitors have come."""
        return planned_end(
            self.deciding,
            self.primary.metric,
            keys=self.weights,
            planned_visitors=self.experiment.planned_visitors,
            alpha=self.alpha,
        )

    @property
    def changes(self) -> list[Mark]:
        """What else changed for everyone in it."""
        return marks_during(self.experiment)


def results_of(experiment: Experiment) -> Results:
    """Computed from the stored sums alone: some 60 ms for two variants, whatever the number of visitors, and once after
    each refresh.

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
    return f"experiment-results:{_FORM}:{experiment.pk}:{as_of}:{experiment.state}"


def _results(experiment: Experiment) -> Results:
    rows = _rows_by_metric(experiment)
    weights = {variant.key: variant.weight for variant in experiment.variants.all()}
    versus = _versus(experiment, rows, [key for key in weights if key != CONTROL])
    primary = versus[0].primary
    return Results(
        experiment=experiment,
        versus=versus,
        weights=weights,
        deciding=rows[experiment.primary_metric],
        funnel=funnel_of(rows, weights, _("Served")),
        parts=parts_of(experiment, primary.metric),
        trust=_trust(experiment, rows, weights),
        days_left=days_left_of(experiment, rows[experiment.primary_metric]),
        mde=detectable_change(primary, experiment.planned_visitors),
    )


Rows = dict[str, list[DailyMoment]]


def _rows_by_metric(experiment: Experiment) -> Rows:
    rows: Rows = defaultdict(list)
    for moment in DailyMoment.objects.filter(experiment=experiment).order_by("day", "variant"):
        rows[moment.metric].append(moment)
    return rows


def _versus(experiment: Experiment, rows: Rows, treatments: list[str]) -> list[Versus]:
    alpha, counted = ALPHA / max(len(treatments), 1), {key for key, days in rows.items() if days}
    metrics, guards = told_in(experiment, counted), guarding(experiment, counted)
    found = [
        Versus(
            key,
            _estimates(experiment, metrics, rows, key, alpha),
            [_estimate(experiment, guard, rows[guard.key], key) for guard in guards],  # type: ignore[misc]
        )
        for key in treatments
    ]
    return sorted(_adjusted(found), key=lambda entry: entry.primary.at_worst, reverse=True)  # equals: the first leads


def _estimate(
    experiment: Experiment,
    metric: Metric,
    rows: Iterable[DailyMoment],
    variant: str,
    alpha: float = ALPHA,
    *,
    with_bayes: bool = False,
) -> Estimate:
    rows = list(rows)
    control = moments_of(row for row in rows if row.variant == CONTROL)
    treatment = moments_of(row for row in rows if row.variant == variant)
    return estimate(
        metric,
        control,
        treatment,
        planned_visitors=experiment.planned_visitors,
        alpha=alpha,
        with_bayes=with_bayes,
    )


def _estimates(experiment: Experiment, metrics: list[Metric], rows: Rows, variant: str, alpha: float) -> list[Estimate]:
    decides, *others = metrics
    primary = _estimate(experiment, decides, rows[decides.key], variant, alpha, with_bayes=True)
    return [primary, *(_estimate(experiment, metric, rows[metric.key], variant) for metric in others)]


def _adjusted(versus: list[Versus]) -> list[Versus]:
    """Benjamini–Hochberg over the metrics that explain, of all variants at once, by the p-values that are dual to the
    intervals shown; those without data stay out."""
    known = {
        (entry.variant, metric.metric.key): metric.p_value
        for entry in versus
        for metric in entry.estimates[1:]
        if metric.p_value is not None
    }
    adjusted = dict(zip(known, benjamini_hochberg(list(known.values())), strict=True))
    return [
        replace(
            entry,
            estimates=[
                entry.primary,
                *(
                    replace(metric, adjusted_p=adjusted.get((entry.variant, metric.metric.key)))
                    for metric in entry.estimates[1:]
                ),
            ],
        )
        for entry in versus
    ]


def _trust(experiment: Experiment, rows: Rows, weights: dict[str, float]) -> Trust:
    counted = rows[experiment.primary_metric]
    visitors = {key: sum(row.n for row in counted if row.variant == key) for key in sorted(weights)}
    total = sum(visitors.values())
    return Trust(
        visitors=visitors,
        srm_p=srm_p(list(visitors.values()), [weights[key] for key in visitors]) if total else None,
        changed_sides=int(sum(row.sum_y for row in rows[CHANGED_SIDES])),
        simulated=int(sum(row.sum_y for row in rows[SIMULATED])),
        full_weeks=days_run(experiment) // 7,
    )
