"""The estimate of a policy: what it would have brought per slate, beside what is published, or why that is not told."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.jobs import enqueue
from dashboard.core.kept import kept
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy
from dashboard.serving.estimates.reading import MOST_SLATES, WINDOW_DAYS, JudgedLog, read_log
from dashboard.serving.estimates.tables import METRICS, Tables
from dashboard.serving.estimates.walked import MISMATCH, NO_EXPLORATION, OPEN
from recommender.off_policy import (
    MIN_EFFECTIVE,
    Estimate,
    SlateVerdict,
    change_by_doubly_robust,
    change_by_snips,
    doubly_robust_of_slates,
    floor_that_would_do,
    judge_slates,
    snips_of_slates,
)

KEPT_SECONDS, SOON_SECONDS = 600, 15  # the second while slates wait
AT_ONCE = 4_000  # slates that are made ready while somebody waits: half a second
TOLERATED = 0.01  # share of slates that may be left out for what else would forbid to speak

Reason = Literal[
    "enough",
    "little_data",
    "not_covered",
    "no_slates",
    "no_exploration",
    "mismatch",
    "open",
    "other_audiences",
    "other_fatigue",
]


@dataclass(frozen=True)
class MetricEstimate:
    """A metric per slate: of what is published, and of the judged policy by both estimators, with what it changes.

    Only `today` where the estimate is not told.
    """

    metric: str
    today: Estimate | None
    snips: Estimate | None = None
    dr: Estimate | None = None
    snips_change: Estimate | None = None
    dr_change: Estimate | None = None


@dataclass(frozen=True)
class PolicyEstimate:
    """What the log says of a policy.

    `reason`: "enough", or why no figure is told: too few slates speak to it ("little_data"), it would show what was
    never shown ("not_covered"), nothing was served, or nothing with exploration; propensities that are not those of the
    policies that served ("mismatch"); the log does not hold what it would read ("open"); audiences that are not told
    apart in the log ("other_audiences"); fatigue that counts otherwise than it did ("other_fatigue").
    effective: as many slates of its own the log is worth. more_needed: slates of the same kind, `days_needed` at the
    rate of now; None where no amount would do. floor: the exploration floor with which a month would do; None where
    none would, or none is needed. simulated: whether the slates are those of simulated visitors. waiting: further
    slates, which are being made ready.
    """

    reason: Reason
    slates: int
    since: datetime | None = None
    effective: float = 0.0
    covered: float = 0.0
    more_needed: int | None = None
    days_needed: float | None = None
    floor: float | None = None
    simulated: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    metrics: tuple[MetricEstimate, ...] = ()
    waiting: int = 0

    @property
    def is_told(self) -> bool:
        return self.reason == "enough"


def estimate_of(
    shop: Shop,
    placement: PublishedPolicy,
    judged: ServedPolicy,
    *,
    limit: int = MOST_SLATES,
    at_once: int | None = None,
) -> PolicyEstimate:
    """What `judged` would have brought on the newest slates of the placement, at most a month old; up to ten minutes
    old itself. For somebody who waits: `at_once`, of those that are not made ready yet only so many; a task makes the
    others ready."""
    depends_on = shop.pk, placement.slug, _named(placement.policy), _named(judged), limit, at_once
    key = hashlib.sha256(repr(depends_on).encode()).hexdigest()[:32]
    return kept(
        f"estimate:{key}",
        lambda found: SOON_SECONDS if found.waiting else KEPT_SECONDS,
        lambda: _estimated(shop, placement, judged, limit, at_once),
    )


def _named(policy: ServedPolicy) -> tuple[object, ...]:
    return policy.version, policy.digest, [(entry.audience_id, entry.policy.digest) for entry in policy.overrides]


def _estimated(
    shop: Shop, placement: PublishedPolicy, judged: ServedPolicy, limit: int, at_once: int | None
) -> PolicyEstimate:
    published = placement.policy
    if [entry.audience_id for entry in judged.overrides] != [entry.audience_id for entry in published.overrides]:
        return PolicyEstimate("other_audiences", 0)
    if _fatigues(judged) != _fatigues(published):
        return PolicyEstimate("other_fatigue", 0)
    log = read_log(shop, placement, judged, limit=limit, at_once=at_once)
    if log.waiting:
        enqueue("serving.make_ready", queue="default", shop_id=shop.pk)
    found = _told(log)
    return replace(found, simulated=log.simulated, left_out=log.left_out, waiting=log.waiting)


def _told(log: JudgedLog) -> PolicyEstimate:
    problem = _problem(log.tables, log.left_out)
    if problem:
        return PolicyEstimate(problem, len(log.tables), log.since)
    verdict = judge_slates(log.tables.log("clicks"))
    more, days = verdict.more_needed, clock.now() - log.since if log.since else timedelta(0)
    a_day = len(log.tables) / max(days / timedelta(days=1), 1.0)
    return PolicyEstimate(
        reason=verdict.reason,
        slates=verdict.logged,
        since=log.since,
        effective=verdict.effective,
        covered=verdict.covered,
        more_needed=more,
        days_needed=None if more is None else more / a_day,
        floor=None if verdict.reason == "enough" else _floor(log.tables, a_day * WINDOW_DAYS),
        metrics=tuple(_of_metric(log.tables, metric, verdict) for metric in METRICS),
    )


def _fatigues(policy: ServedPolicy) -> list[float]:
    return [policy.knobs.fatigue, *(entry.policy.knobs.fatigue for entry in policy.overrides)]


def _problem(tables: Tables, left_out: Mapping[str, int]) -> Reason | None:
    """What forbids to speak at all."""
    slates = len(tables)
    for why in (MISMATCH, OPEN):
        count = left_out.get(why, 0)
        if count > TOLERATED * (slates + count):
            return "mismatch" if why == MISMATCH else "open"
    if slates >= 2:
        return None
    return "no_exploration" if left_out.get(NO_EXPLORATION) else "no_slates"


def _of_metric(tables: Tables, metric: str, verdict: SlateVerdict) -> MetricEstimate:
    log, today = tables.log(metric), tables.today(metric)
    if verdict.reason != "enough":
        return MetricEstimate(metric, snips_of_slates(today))
    return MetricEstimate(
        metric,
        snips_of_slates(today),
        snips_of_slates(log),
        doubly_robust_of_slates(log),
        change_by_snips(log, today),
        change_by_doubly_robust(log, today),
    )


def _floor(tables: Tables, slates: float) -> float | None:
    log = tables.log("clicks")
    return floor_that_would_do(log, tables.left_NK, tables.floor_N, slates=slates, min_effective=MIN_EFFECTIVE)
