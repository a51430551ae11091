"""What arrived since the version that serves was trained is added to what it knows, a step at a time.

Each step is one transaction: sums, and how far the log was read. Steps of a shop never run side by side.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors.bots import marked_since
from dashboard.training.models import Artifact
from dashboard.training.selectors import active_artifact
from dashboard.updates.models import Learning
from dashboard.updates.services.arrivals import Stretch, settled_until
from dashboard.updates.services.storing import add_delta, forget_updates

if TYPE_CHECKING:  # Arrow: 40 MB that a web process never needs
    from recommender.online import Basis

logger = logging.getLogger(__name__)
MOST_STEPS = 20  # of one call: 400,000 interactions after a day without workers
MOST_PAIRS = 500_000  # of a shop: 8 MB of each process that serves; then only the next run learns more
VISITORS_AT_ONCE = 500


@dataclass(frozen=True)
class Begun:
    """The version that serves, how it learned, and until when what it learned from had been received."""

    artifact: Artifact
    basis: "Basis"
    snapshot: dict[str, Any]

    @property
    def until(self) -> datetime:
        return datetime.fromisoformat(self.snapshot["until"])


@dataclass(frozen=True)
class Step:
    """`taken`: interactions; `has_more`: whether the next step would find any."""

    taken: int = 0
    has_more: bool = False


def learn_updates(*, shop: Shop, now: datetime | None = None) -> int:
    """Add what arrived since the last time to what the version that serves has learned; where another serves, or what
    was known is lost, all since its snapshot. Returns how many interactions were taken in.

    Safe to repeat. A version that does not tell how it learned serves as it was trained.
    """
    taken = 0
    for _ in range(MOST_STEPS):
        step = _take_step(shop, now or clock.now())
        taken += step.taken
        if not step.has_more:
            break
    return taken


def learn_anew_if_rewritten(*, shop: Shop) -> bool:
    """Read the log since the snapshot again where it tells something else by now: visitors were joined, erased, found
    to be programs, or vouched for. Until it is read, the sums of before serve."""
    learning = Learning.objects.filter(shop=shop).first()
    if learning is None or not (learning.is_rewritten or marked_since(shop.pk, learning.counted_at)):
        return False
    with transaction.atomic():
        _one_at_a_time(shop)
        forget_updates(shop=shop)
        learn_updates(shop=shop)
    return True


@transaction.atomic
def _take_step(shop: Shop, now: datetime) -> Step:
    _one_at_a_time(shop)
    begun = _begun(shop)
    learning = Learning.objects.filter(shop=shop).first()
    if begun is None:
        if learning is not None:
            forget_updates(shop=shop)
        return Step()
    if learning is None or learning.artifact_id != begun.artifact.pk:
        learning = _begin(shop, begun, learning, now)
    if learning.pairs >= MOST_PAIRS:
        return Step()
    until = max(settled_until(now), learning.learned_until)
    whole = Stretch(shop, bool(begun.snapshot.get("counts_simulated", True)), learning.learned_until, until)
    stretch = replace(whole, until=whole.first_end())
    return Step(_take_in(learning, stretch, begun.basis, now), has_more=stretch.until < until)


def _take_in(learning: Learning, stretch: Stretch, basis: "Basis", now: datetime) -> int:
    from recommender.online import delta_of

    visitor_ids, taken = stretch.visitors(), 0
    revision = _next_revision(learning.revision, now)
    for start in range(0, len(visitor_ids), VISITORS_AT_ONCE):
        behaviour, is_new_N = stretch.behaviour_of(visitor_ids[start : start + VISITORS_AT_ONCE])
        delta = delta_of(behaviour, is_new_N, basis)
        learning.pairs += add_delta(stretch.shop, delta, revision)
        learning.newest_seconds = max(learning.newest_seconds, delta.newest_seconds)
        taken += int(is_new_N.sum())
    if learning.pairs >= MOST_PAIRS:
        logger.warning("Shop %s has %s new pairs; the next run learns more.", stretch.shop.pk, learning.pairs)
    learning.revision = revision if taken else learning.revision
    learning.learned_until = stretch.until
    learning.interactions += taken
    learning.save(update_fields=["pairs", "newest_seconds", "revision", "learned_until", "interactions"])
    return taken


def _begun(shop: Shop) -> Begun | None:
    """None before the first version, and where it was made by an older Forage."""
    from recommender.online import Basis

    artifact = active_artifact(shop)
    if artifact is None or not artifact.lineage.get("snapshot", {}).get("until"):
        return None
    basis = Basis.of(artifact.lineage)
    return None if basis is None else Begun(artifact, basis, artifact.lineage["snapshot"])


def _begin(shop: Shop, begun: Begun, before: Learning | None, now: datetime) -> Learning:
    """With nothing, at the snapshot of the version."""
    forget_updates(shop=shop)
    revision = _next_revision(before.revision if before else 0, now)
    return Learning.objects.create(
        shop=shop,
        artifact_id=begun.artifact.pk,
        learned_until=begun.until,
        counted_at=now,
        revision=revision,
        counted_revision=revision,
        reference_seconds=begun.basis.reference_seconds,
        newest_seconds=begun.basis.reference_seconds,
    )


def _next_revision(before: int, now: datetime) -> int:
    """By the clock, so that it rises where what was known is lost, too."""
    return max(before + 1, int(now.timestamp() * 1000))


def _one_at_a_time(shop: Shop) -> None:
    """Until the transaction ends: what two learn of the same events would count twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('updates'), %s)", [shop.pk])
