"""The variant of a visitor, asked on every request for a slate."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import belongs_to
from dashboard.core import clock
from dashboard.core.prepared import Prepared
from dashboard.experiments.assignment import CONTROL, Traffic, pick_variant
from dashboard.experiments.models import Assignment, Experiment
from dashboard.policies.models import Policy

BOTH = "A+B"  # the variant of a slate that two made together
RUNNING_TTL_SECONDS = 5.0  # how long a web process may go on serving an experiment that another process stopped


@dataclass(frozen=True)
class VariantChoice:
    """What serving needs: which experiment, which arm, its policy, and the one that it is tested against. Of an arm
    that shows nothing the slates are empty. `rival`: the policy that makes each slate together with this one."""

    experiment_id: int
    key: str
    policy: Policy
    control: Policy
    shows_nothing: bool = False
    rival: Policy | None = None


@dataclass(frozen=True)
class _Running:
    """A running experiment, read once every few seconds by each process."""

    experiment_id: int
    salt: str
    traffic: Traffic
    weights: dict[str, float]
    policies: dict[str, Policy]
    empty: frozenset[str]
    shop: Shop
    audience_id: int | None
    is_interleaved: bool = False

    @property
    def both(self) -> VariantChoice:
        """What every visitor of an interleaving gets: nobody has a variant there."""
        of_a, of_b = self.policies[CONTROL], self.policies["B"]
        return VariantChoice(self.experiment_id, BOTH, of_a, of_a, rival=of_b)

    def choice(self, key: str) -> VariantChoice:
        return VariantChoice(self.experiment_id, key, self.policies[key], self.policies[CONTROL], key in self.empty)

    def takes(self, visitor_id: str, now: datetime) -> bool:
        """Whether somebody who has no variant yet gets one."""
        return self.traffic.takes(self.salt, visitor_id) and (
            self.audience_id is None or belongs_to(self.shop, self.audience_id, visitor_id, now)
        )


_running: dict[int, tuple[float, _Running | None]] = {}
_lock = threading.Lock()


def variant_for(*, placement_id: int, visitor_id: str, now: datetime | None = None) -> VariantChoice | None:
    """The visitor's variant at this placement; None where nothing runs, or the visitor is anonymous or not taken.

    The first assignment is kept, whatever happens to shares, weights and the visitor's audiences later. Costs one
    indexed read for a known visitor, nothing where no experiment runs, and one statement more where it is for an
    audience and the visitor has no variant yet.
    """
    if not visitor_id:
        return None
    running = _running_at(placement_id)
    if running is None:
        return None
    if running.is_interleaved:
        return running.both if running.takes(visitor_id, now or clock.now()) else None
    key = _known_variant(running.experiment_id, visitor_id) or _assign(running, visitor_id, now or clock.now())
    if key is None:
        return None
    return running.choice(key)


def variants_for(*, placement_id: int, seen_at: Mapping[str, datetime]) -> dict[str, VariantChoice]:
    """`variant_for` of many visitors at once, {visitor: when}; those whom no experiment takes are left out, and so is
    everybody where two policies make slates together: batches are made by one."""
    running = _running_at(placement_id)
    if running is None or running.is_interleaved:
        return {}
    known = _known_variants(running.experiment_id, list(seen_at))
    fresh = {
        visitor_id: pick_variant(running.salt, visitor_id, running.weights)
        for visitor_id, moment in seen_at.items()
        if visitor_id not in known and running.takes(visitor_id, moment)
    }
    rows = [
        Assignment(
            experiment_id=running.experiment_id, visitor_id=visitor_id, variant=key, assigned_at=seen_at[visitor_id]
        )
        for visitor_id, key in fresh.items()
    ]
    Assignment.objects.bulk_create(rows, ignore_conflicts=True)
    won = _known_variants(running.experiment_id, list(fresh)) if fresh else {}
    return {visitor_id: running.choice(key) for visitor_id, key in (known | won).items()}


def forget_running(placement_id: int) -> None:
    """Make this process read the placement's experiment again, now and once the transaction commits."""
    _running.pop(placement_id, None)
    transaction.on_commit(lambda: _running.pop(placement_id, None))


def _running_at(placement_id: int) -> _Running | None:
    read_at, running = _running.get(placement_id, (0.0, None))
    if read_at and time.monotonic() - read_at < RUNNING_TTL_SECONDS:
        return running
    with _lock:
        running = _read_running(placement_id)
        _running[placement_id] = (time.monotonic(), running)
    return running


def _read_running(placement_id: int) -> _Running | None:
    experiment = (
        Experiment.objects.filter(placement_id=placement_id, state=Experiment.State.RUNNING)
        .select_related("shop")
        .prefetch_related("variants__policy")
        .first()
    )
    if experiment is None:
        return None
    variants = list(experiment.variants.all())
    traffic = Traffic(
        experiment.traffic_share, experiment.exclusion_group, experiment.group_start, experiment.group_end
    )
    return _Running(
        experiment.pk,
        experiment.salt,
        traffic,
        {variant.key: variant.weight for variant in variants},
        {variant.key: variant.policy for variant in variants},
        frozenset(variant.key for variant in variants if variant.shows_nothing),
        experiment.shop,
        experiment.audience_id,
        experiment.is_interleaved,
    )


def _known_variant(experiment_id: int, visitor_id: str) -> str | None:
    found = _KNOWN.rows([experiment_id, visitor_id])
    return found[0][0] if found else None


def _known_variants(experiment_id: int, visitor_ids: list[str]) -> dict[str, str]:
    rows = Assignment.objects.filter(experiment_id=experiment_id, visitor_id__in=visitor_ids)
    return dict(rows.values_list("visitor_id", "variant"))


def _assign(running: _Running, visitor_id: str, now: datetime) -> str | None:
    if not running.takes(visitor_id, now):
        return None
    key = pick_variant(running.salt, visitor_id, running.weights)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [running.experiment_id, visitor_id, key, now])
        won = cursor.fetchone()
    return won[0] if won else _known_variant(running.experiment_id, visitor_id)


_KNOWN = Prepared(
    "forage_variant",
    "bigint, text",
    "SELECT variant FROM experiments_assignment WHERE experiment_id = $1 AND visitor_id = $2",
)
# A request that loses the race to another of the same visitor inserts nothing and reads what the winner wrote.
# It does not wait for the disk: what a crash loses is assigned again, to the same variant by the same hash.
_INSERT = """
    SET LOCAL synchronous_commit TO off;
    INSERT INTO experiments_assignment (experiment_id, visitor_id, variant, assigned_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (experiment_id, visitor_id) DO NOTHING RETURNING variant
"""
