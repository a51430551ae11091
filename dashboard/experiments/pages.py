"""What the two pages show, put together from selectors."""

from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.experiments import charts, selectors
from dashboard.experiments.estimates import Estimate
from dashboard.experiments.metrics import DEFAULT_PRIMARY, METRICS
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.results import Results
from dashboard.experiments.verdicts import Verdict
from dashboard.policies.selectors import policy_published_now
from dashboard.policies.services import placements_at_hand


@dataclass(frozen=True)
class KnobField:
    """A slider of the start form: A's value is where it begins."""

    name: str
    label: str
    value: float

    @property
    def percent(self) -> float:
        return round(self.value * 100, 1)


@dataclass(frozen=True)
class ListRow:
    """An experiment in the list; `summary` only where it was started, `verdict` while it runs."""

    experiment: Experiment
    differences: list[selectors.Difference]
    summary: selectors.Summary | None
    verdict: Verdict | None


@dataclass(frozen=True)
class MetricRow:
    """A metric of the table, with both variants' values as text."""

    estimate: Estimate
    control: str
    treatment: str


def list_context(shop: Shop, placement_slug: str) -> dict[str, Any]:
    """What has ended costs an estimate each; guardrails and verdicts are worked out only of what runs."""
    experiments = selectors.sorted_for_list(shop)
    summaries = selectors.summaries_of(entry for entry in experiments if entry.state != Experiment.State.DRAFT)
    rows = [_row(experiment, summaries.get(experiment.pk)) for experiment in experiments]
    running = [row for row in rows if row.experiment.state == Experiment.State.RUNNING]
    ready = [row for row in running if row.verdict and row.verdict.is_decisive]
    return {"rows": rows, "running": running, "ready": ready, **start_context(shop, placement_slug)}


def start_context(shop: Shop, placement_slug: str) -> dict[str, Any]:
    """The start form for one placement: the named one, or the first on which nothing runs."""
    placements = placements_at_hand(shop)
    free = [placement for placement in placements if selectors.running_on(placement) is None]
    chosen = next((entry for entry in placements if entry.slug == placement_slug), (free or placements)[0])
    return {
        "shop": shop,
        "placements": placements,
        "chosen": chosen,
        "knobs": _knob_fields(policy_published_now(chosen).knobs),
        "plan": selectors.plan_for(chosen),
        "busy_with": selectors.running_on(chosen),
        "metrics": METRICS.values(),
        "default_metric": DEFAULT_PRIMARY,
    }


def detail_context(experiment: Experiment) -> dict[str, Any]:
    results = selectors.results_of(experiment) if experiment.state != Experiment.State.DRAFT else None
    return {
        "experiment": experiment,
        "differences": selectors.differences_of(experiment),
        "results": results,
        "history": selectors.history_of(experiment),
        **(_figures(results) | _numbers(results) if results else {}),
    }


def _numbers(results: Results) -> dict[str, Any]:
    currency = results.experiment.shop.currency
    rows = [
        MetricRow(
            entry,
            entry.metric.shown(entry.control_value, currency),
            entry.metric.shown(entry.treatment_value, currency),
        )
        for entry in results.estimates
    ]
    p = results.trust.srm_p
    return {"metric_rows": rows, "split_p": formats.number(p, 2 if p is None or p >= 0.01 else 6)}


def _figures(results: Results) -> dict[str, Any]:
    if not results.trust.total:
        return {}
    shown = {"visitors_figure": charts.visitors_by_day(results)}
    if any(entry.interval is not None for entry in results.estimates):
        shown["lift_figure"] = charts.change_by_metric(results)
    if any(day.lift is not None for day in results.days):
        shown["time_figure"] = charts.answer_over_time(results)
    return shown


def _row(experiment: Experiment, summary: selectors.Summary | None) -> ListRow:
    is_running = experiment.state == Experiment.State.RUNNING
    verdict = selectors.results_of(experiment).verdict if is_running else None
    return ListRow(experiment, selectors.differences_of(experiment), summary, verdict)


def _knob_fields(knobs: dict[str, Any]) -> list[KnobField]:
    return [KnobField(name, words.label, float(knobs.get(name) or 0)) for name, words in KNOB_WORDS.items()]
