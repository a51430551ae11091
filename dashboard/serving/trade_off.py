"""What each knob costs and brings, on visitors who came lately: measured once for a policy, the same for everyone."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.kept import kept
from dashboard.events.selectors import only_simulated, recent_visitors
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy, published_policy
from dashboard.serving.composing import Prepared, prepare
from dashboard.serving.preview import sampled_contexts
from dashboard.serving.request_context import RequestContext, read_request_contexts
from dashboard.serving.types import SlateRequest
from dashboard.training.selectors import active_artifact
from recommender.slate import KNOBS, Knobs
from recommender.slate.crowd import Crowd, Member

LEVELS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
VISITORS = 240
LEAST_VISITORS = 30  # of fewer the examples of the preview are asked: one visitor of each segment
SEEN_DAYS = 30
DRAWS = 2
KEPT_SECONDS = 900
_SEED = 7  # the same draws for every policy, so that a moved knob and not chance moves the figures


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
    artifact = active_artifact(shop)
    depends_on = (shop.pk, slug, published.policy.digest, published.slate_size, artifact.path if artifact else "")
    key = hashlib.sha256(repr((*depends_on, proposed.digest)).encode()).hexdigest()[:32]
    found = kept(f"trade-off:{key}", KEPT_SECONDS, lambda: _measured(shop, published, proposed.knobs))
    visitors, curves = found
    *curve, now, then = (Point(*point) for point in curves[knob])
    return TradeOff(knob, curve, now, then, visitors)


def _measured(shop: Shop, published: PublishedPolicy, proposed: Knobs) -> tuple[int, dict[str, list[tuple[Any, ...]]]]:
    """(visitors, {knob: the points of its curve, the published one, the proposed one})."""
    knobs = published.policy.knobs
    crowd = _crowd(shop, published)
    now, then = _measures(crowd, knobs), _measures(crowd, proposed)
    curves = {}
    for name in KNOBS:
        at_levels = [(level, _measures(crowd, replace(knobs, **_at(name, level)))) for level in LEVELS]
        here, there = (getattr(knobs, name), now), (getattr(proposed, name), then)
        curves[name] = [astuple(_point(name, level, found)) for level, found in (*at_levels, here, there)]
    return len(crowd), curves


def _at(name: str, level: float) -> dict[str, Any]:
    return {name: level}


def _measures(crowd: Crowd, knobs: Knobs) -> dict[str, np.ndarray]:
    return crowd.measure(knobs, draws=DRAWS, seed=_SEED)


def _point(knob: str, level: float, found: dict[str, np.ndarray]) -> Point:
    metric, metric_error = _mean(found[KNOBS[knob].metric])
    kept_share, kept_error = _mean(1.0 - found["relevance_lost"])
    return Point(level, metric, metric_error, kept_share or 0.0, kept_error)


def _mean(values_N: np.ndarray) -> tuple[float | None, float]:
    known_N = values_N[~np.isnan(values_N)]
    if not len(known_N):
        return None, 0.0
    error = float(known_N.std(ddof=1) / np.sqrt(len(known_N))) if len(known_N) > 1 else 0.0
    return float(known_N.mean()), error


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
    return read_request_contexts([SlateRequest(shop=shop, placement=slug, visitor_id=visitor) for visitor in seen])
