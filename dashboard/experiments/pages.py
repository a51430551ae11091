"""What the two pages show, put together from selectors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard.accounts.models import AuditEntry, Shop
from dashboard.audiences.models import Audience
from dashboard.audiences.selectors import audiences_by_id
from dashboard.core import clock, formats
from dashboard.core.charts import Figure
from dashboard.experiments import charts, selectors, traffic_charts, wording
from dashboard.experiments.estimates import Estimate
from dashboard.experiments.mark_words import mark_in_words
from dashboard.experiments.models import Experiment
from dashboard.experiments.risks import Risk, name_of_risk
from dashboard.experiments.selectors.parts import Part
from dashboard.experiments.selectors.results import Results, Versus
from dashboard.experiments.verdict_kinds import KINDS, Kind
from dashboard.experiments.verdicts import Verdict
from dashboard.policies.models import Policy
from dashboard.policies.selectors import going_back
from dashboard.policies.wording import proposal_changes


@dataclass(frozen=True)
class ListRow:
    """An experiment in the list; `summary` only where it was started, `verdict` while it runs, `guess` once it was
    published: what it brings, as it is best believed; `ended_with`: what it had found when it ended."""

    experiment: Experiment
    differences: list[selectors.Difference]
    summary: selectors.Summary | None
    verdict: Verdict | None
    guess: selectors.Entry | None = None
    ended_with: Kind | None = None


@dataclass(frozen=True)
class Entry:
    """What somebody did to an experiment; `note`: why; `accepted`: the risks taken, by name."""

    audit: AuditEntry
    note: str
    accepted: list[str]


@dataclass(frozen=True)
class RuleChange:
    """A version that was published while the experiment ran, and what it did to the rules."""

    policy: Policy
    changes: list[str]


@dataclass(frozen=True)
class Offer:
    """A variant that can be published: what that does, said before it is done, and what it risks."""

    variant: str
    sentences: list[str]
    risks: list[Risk]


@dataclass(frozen=True)
class MetricRow:
    """A metric of the table, with both variants' values as text."""

    estimate: Estimate
    control: str
    treatment: str


@dataclass(frozen=True)
class VersusRows:
    """A variant against A, as its table shows it."""

    versus: Versus
    rows: list[MetricRow]


@dataclass(frozen=True)
class PartRow:
    """Visitors of one kind: who, in words, and what the deciding metric says of them."""

    part: Part
    who: str


def list_context(shop: Shop) -> dict[str, Any]:
    """What has ended costs an estimate each; guardrails and verdicts are worked out only of what runs."""
    experiments = selectors.sorted_for_list(shop)
    begun = [entry for entry in experiments if entry.state != Experiment.State.DRAFT and not entry.is_interleaved]
    summaries = selectors.summaries_of(begun)
    guesses = selectors.better_guesses(shop) if any(_is_published(entry) for entry in experiments) else {}
    rows = [_row(entry, summaries.get(entry.pk), guesses.get(entry.pk)) for entry in experiments]
    running = [row for row in rows if row.experiment.state == Experiment.State.RUNNING]
    ready = [row for row in running if row.verdict and row.verdict.is_decisive]
    return {
        "rows": rows,
        "running": running,
        "ready": ready,
        "told": next(iter(ready or running), None),
        "archived": selectors.archived_count(shop),
    }


def detail_context(experiment: Experiment) -> dict[str, Any]:
    results = selectors.results_of(experiment) if experiment.state != Experiment.State.DRAFT else None
    marks, common = selectors.marks_during(experiment), common_context(experiment)
    return {
        **common,
        "results": results,
        "rule_changes": rule_changes(experiment),
        "offers": _offers(experiment, results, common["trial"]),
        **(named_figures(experiment, _figures(results, marks)) | _numbers(results) if results else {}),
        "seen": as_of(experiment),
        "happened": [(mark, mark_in_words(mark)) for mark in marks if mark.kind != "rules"],
    }


def report_context(experiment: Experiment) -> dict[str, Any]:
    """What is shared: results and what is compared, nothing that can be done and nobody by name."""
    results, marks = selectors.results_of(experiment), selectors.marks_during(experiment)
    return {
        "experiment": experiment,
        "differences": selectors.differences_of(experiment),
        "variant_rows": selectors.variant_rows(experiment),
        "results": results,
        **named_figures(experiment, _figures(results, marks)),
        **_numbers(results),
        "guess": _guess(experiment),
        "is_report": True,
        "can_edit": False,
    }


def common_context(experiment: Experiment) -> dict[str, Any]:
    """What the page of every experiment shows, however its policies are compared."""
    trial = selectors.trial_on(experiment.placement) if experiment.state == Experiment.State.RUNNING else None
    return {
        "experiment": experiment,
        "differences": selectors.differences_of(experiment),
        "variant_rows": selectors.variant_rows(experiment),
        "audience": _audience_of(experiment),
        "guess": _guess(experiment),
        "history": _history(experiment),
        "trial": trial,
        "on_stop": wording.on_stop(trial) if trial else [],
    }


def _audience_of(experiment: Experiment) -> Audience | None:
    found = experiment.audience_id
    return None if found is None else audiences_by_id(experiment.shop, [found]).get(found)


def _offers(experiment: Experiment, results: Results | None, trial: selectors.Trial | None) -> list[Offer]:
    """What publishing each variant will do, told before it is done."""
    if trial is None or results is None or experiment.is_aa:
        return []
    return [Offer(key, wording.on_ship(trial, key), results.risks_of(key)) for key in _publishable(results, experiment)]


def _publishable(results: Results, experiment: Experiment) -> list[str]:
    """The variants that can be published, the leading one first."""
    empty = {variant.key for variant in experiment.variants.all() if variant.shows_nothing}
    return [versus.variant for versus in results.versus if versus.variant not in empty]


def _history(experiment: Experiment) -> list[Entry]:
    """What people did to it, with their reason and the risks that they took."""
    known = selectors.metrics_of_shop(experiment.shop_id)
    return [
        Entry(
            entry,
            str(entry.detail.get("note", "")),
            [name_of_risk(key, known) for key in entry.detail.get("accepted", [])],
        )
        for entry in selectors.history_of(experiment)
    ]


def rule_changes(experiment: Experiment) -> list[RuleChange]:
    """The days on which rules changed while it ran, for everyone in it."""
    return [
        RuleChange(policy, proposal_changes(going_back(before, policy, rules_only=True)))
        for before, policy in selectors.rule_changes_during(experiment)
    ]


def changes_in_words(experiment: Experiment) -> list[tuple[str, datetime, list[str]]]:
    """(kind, when, what changed) of all that changed for everyone in it, on the shop's clock."""
    zone = ZoneInfo(experiment.shop.timezone)
    rules = [
        ("rules_changed", change.policy.published_at.astimezone(zone), change.changes)
        for change in rule_changes(experiment)
        if change.policy.published_at
    ]
    others = [
        (f"{mark.kind}_changed", mark.at.astimezone(zone), [mark_in_words(mark)])
        for mark in selectors.marks_during(experiment)
        if mark.kind != "rules"
    ]
    return rules + others


def _numbers(results: Results) -> dict[str, Any]:
    p = results.trust.srm_p
    return {
        "versus_rows": [VersusRows(versus, _metric_rows(results, versus)) for versus in results.versus],
        "part_rows": [PartRow(part, _who(part)) for part in results.parts],
        "split_p": formats.number(p, 2 if p is None or p >= 0.01 else 6),
    }


def _metric_rows(results: Results, versus: Versus) -> list[MetricRow]:
    currency = results.experiment.shop.currency
    return [
        MetricRow(
            entry,
            entry.metric.shown(entry.control_value, currency),
            entry.metric.shown(entry.treatment_value, currency),
        )
        for entry in versus.estimates
    ]


def _who(part: Part) -> str:
    words = {"new": _("New visitors"), "returning": _("Returning visitors")}
    return str(words.get(part.kind) or part.name)


def _figures(results: Results, marks: Sequence[selectors.Mark]) -> dict[str, Figure]:
    if not results.trust.total:
        return {}
    shown = {"visitors_figure": traffic_charts.visitors_by_day(results)}
    if results.funnel:
        shown["funnel_figure"] = traffic_charts.funnel_figure(results)
    if any(entry.interval is not None for entry in results.estimates):
        shown["lift_figure"] = charts.change_by_metric(results)
    if any(day.lift is not None for day in results.days):
        shown["time_figure"] = charts.answer_over_time(results, marks)
    return shown


def _row(experiment: Experiment, summary: selectors.Summary | None, guess: selectors.Entry | None) -> ListRow:
    is_running = experiment.state == Experiment.State.RUNNING
    verdict = selectors.results_of(experiment).verdict if is_running else None
    found = next((kind for state, kind in KINDS.items() if state == experiment.verdict), None)
    ended_with = found if experiment.has_ended else None
    return ListRow(experiment, selectors.differences_of(experiment), summary, verdict, guess, ended_with)


def _guess(experiment: Experiment) -> selectors.Entry | None:
    """What publishing it brought, as it is best believed."""
    return selectors.better_guesses(experiment.shop).get(experiment.pk) if _is_published(experiment) else None


def _is_published(experiment: Experiment) -> bool:
    return experiment.state == Experiment.State.SHIPPED


def as_of(experiment: Experiment) -> str:
    """By what a page that lies open knows whether anything is new: state and moment of the last refresh."""
    return f"{experiment.state}-{experiment.refreshed_at.timestamp() if experiment.refreshed_at else 0}"


def named_figures(experiment: Experiment, figures: dict[str, Figure]) -> dict[str, Figure]:
    """Each with the name of its file: “experiment-12-time-2026-12-01”, by the day of the shop."""
    day = clock.local_day(experiment.refreshed_at or clock.now(), experiment.shop.timezone)
    return {
        name: replace(figure, file_name=f"experiment-{experiment.pk}-{figure.key}-{day.isoformat()}")
        for name, figure in figures.items()
    }
