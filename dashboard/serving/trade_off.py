"""What each knob costs and brings, on visitors who came lately: measured once for each policy, the same for everyone.

Their candidates are gathered once for all that is asked of a placement, and every policy is measured once, whichever
curve it stands on: what a knob is moved to costs one more.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.core import clock, ids
from dashboard.core.kept import kept
from dashboard.events.selectors import only_simulated, recent_visitors
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy, published_policy
from dashboard.serving.batches import with_proposals
from dashboard.serving.composing import Prepared, prepare
from dashboard.serving.preview import sampled_contexts
from dashboard.serving.request_context import RequestContext, read_request_contexts
from dashboard.serving.types import SlateRequest
from dashboard.training.selectors import active_artifact
from recommender.slate import KNOBS, Knobs
from recommender.slate.crowd import Crowd, Member

LEVELS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
VISITORS = 200
LEAST_VISITORS = 30  # of fewer the examples of the preview are asked: one visitor of each segment
SEEN_DAYS = 30
DRAWS = 1  # of each visitor and policy: what tells visitors apart is far more than what tells their draws apart
KEPT_SECONDS = 900
_SEED = 7  # the same draws for every policy, so that a moved knob and not chance moves the figures
_crowds: dict[str, Crowd] = {}  # the last one that was gathered: 50 MB
_one_at_a_time = threading.Lock()

Means = dict[str, tuple[float | None, float]]  # {field of `SlateMetrics`: mean over the visitors, standard error}


@dataclass(frozen=True)
class Point:
    """Means over the visitors, each with its standard error: the knob's own metric, and relevance kept.

    `metric` None: nobody's candidates tell it.
    """

    level: float
    metric: float | None
    metric_error: float
    kept: float
    kept_error: float


@dataclass(frozen=True)
class TradeOff:
    """A knob's curve, the other knobs as published; where the published policy stands, and the proposed one."""

    knob: str
    curve: list[Point]
    published: Point
    proposed: Point
    visitors: int


def trade_off(shop: Shop, slug: str, knob: str, proposed: ServedPolicy) -> TradeOff:
    """Up to a quarter of an hour old."""
    published = published_policy(shop_id=shop.pk, slug=slug)
    knobs, measured = published.policy.knobs, _measuring(shop, published)

    def point(moved: Knobs) -> tuple[Point, int]:
        means, visitors = measured(moved)
        (metric, metric_error), (lost, error) = means[KNOBS[knob].metric], means["relevance_lost"]
        kept_share = 0.0 if lost is None else 1.0 - lost
        return Point(getattr(moved, knob), metric, metric_error, kept_share, error), visitors

    curve = [point(replace(knobs, **_at(knob, level)))[0] for level in LEVELS]
    now, visitors = point(knobs)
    return TradeOff(knob, curve, now, point(proposed.knobs)[0], visitors)


def _at(name: str, level: float) -> dict[str, Any]:
    return {name: level}


def _measuring(shop: Shop, published: PublishedPolicy) -> Callable[[Knobs], tuple[Means, int]]:
    """What measures knobs on the visitors of the placement, and says on how many; they stay the same ones for a quarter
    of an hour."""
    artifact = active_artifact(shop)
    depends_on = (shop.pk, published.slug, published.policy.digest, published.slate_size, artifact and artifact.path)
    placement = hashlib.sha256(repr(depends_on).encode()).hexdigest()[:32]
    crowd_id = kept(f"trade-off:{placement}", KEPT_SECONDS, ids.time_ordered_hex)

    def measured(knobs: Knobs) -> tuple[Means, int]:
        key = f"trade-off:{crowd_id}:{knobs.policy_hash}"
        return kept(key, KEPT_SECONDS, lambda: _measured(crowd_id, shop, published, knobs))

    return measured


def _measured(crowd_id: str, shop: Shop, published: PublishedPolicy, knobs: Knobs) -> tuple[Means, int]:
    with _one_at_a_time:
        crowd = _crowd_of(crowd_id, shop, published)
        found = crowd.measure(knobs, draws=DRAWS, seed=_SEED)
    return {name: _mean(values_N) for name, values_N in found.items()}, len(crowd)


def _mean(values_N: np.ndarray) -> tuple[float | None, float]:
    known_N = values_N[~np.isnan(values_N)]
    if not len(known_N):
        return None, 0.0
    error = float(known_N.std(ddof=1) / np.sqrt(len(known_N))) if len(known_N) > 1 else 0.0
    return float(known_N.mean()), error


def _crowd_of(crowd_id: str, shop: Shop, published: PublishedPolicy) -> Crowd:
    """From the memory of this process, where it is still asked about the same placement."""
    if crowd_id not in _crowds:
        _crowds.clear()
        _crowds[crowd_id] = _crowd(shop, published)
    return _crowds[crowd_id]


def _crowd(shop: Shop, published: PublishedPolicy) -> Crowd:
    knobs = published.policy.knobs
    # new items are candidates at every level, and fairness may ask for attributes
    widest = replace(published.policy, knobs=replace(knobs, exploration=1.0, fairness=1.0))
    prepared = [prepare(context, widest, published.slate_size) for context in _contexts(shop, published.slug)]
    members = [_member(entry) for entry in prepared]
    return Crowd(members, published.slate_size, fairness_attribute=knobs.fairness_attribute)


def _member(prepared: Prepared) -> Member:
    now = prepared.context.now
    return Member(prepared.candidates, prepared.profile, [r for r in prepared.policy.rules if r.is_active(now)])


def _contexts(shop: Shop, slug: str) -> Sequence[RequestContext]:
    """Visitors who were shown the placement lately; simulated ones while no real one was."""
    since = clock.now() - timedelta(days=SEEN_DAYS)
    simulated = only_simulated(shop.pk, slug, since=since)
    seen = recent_visitors(shop.pk, slug, since=since, limit=VISITORS, simulated=simulated)
    if len(seen) < LEAST_VISITORS:
        return sampled_contexts(shop, slug)
    asked = [SlateRequest(shop=shop, placement=slug, visitor_id=visitor) for visitor in seen]
    return with_proposals(read_request_contexts(asked))
