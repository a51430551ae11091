"""Reads: runs, artifacts, and the folder that serving loads."""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import clock, errors
from dashboard.core.tenancy import operator_scope
from dashboard.training import store
from dashboard.training.models import Artifact, RetrainPlan, Run
from recommender.data.events import EVENT_WEIGHTS

# A worker that waits picks a run up within a second; the sweeper enqueues again after a minute.
UNPICKED_AFTER = timedelta(seconds=20)
_ENDED_WELL = (Run.State.PUBLISHED, Run.State.REJECTED)
_BESIDE_A_RUN = ("artifact", "compared_with", "repeats", "requested_by")


def active_artifact(shop: Shop) -> Artifact | None:
    """The artifact that serves the shop; None before the first is published."""
    return Artifact.objects.filter(shop=shop, is_active=True).first()


def active_artifacts(shop_ids: Collection[int]) -> list[Artifact]:
    """What serves each of these shops that has one. Call it in the scope of all of them."""
    return list(Artifact.objects.filter(shop_id__in=shop_ids, is_active=True))


def shops_with_models(limit: int) -> list[int]:
    """Keys of the shops that an artifact serves, the latest published first. Call it in the scope of all of them."""
    active = Artifact.objects.filter(is_active=True).order_by("-published_at", "-pk")
    return list(active.values_list("shop_id", flat=True)[:limit])


def local_artifact_folder(artifact: Artifact) -> Path:
    """The folder on this machine with the artifact's files; fetched once where the store is remote. Or `NotFound`."""
    return store.local_folder(artifact.path)


def artifact(shop: Shop, artifact_id: int) -> Artifact:
    found = Artifact.objects.select_related("run").filter(shop=shop, pk=artifact_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such artifact in this shop."))
    return found


def version(shop: Shop, number: int) -> Artifact:
    """The artifact that the shop calls by this number. Raises `NotFound`."""
    found = Artifact.objects.select_related("run", "shop").filter(shop=shop, version=number).first()
    if found is None:
        raise errors.NotFound(_("This shop has no version %(number)d any more.") % {"number": number})
    return found


def artifacts(shop: Shop, limit: int = 50) -> list[Artifact]:
    """Newest first."""
    return list(Artifact.objects.select_related("run").filter(shop=shop).order_by("-version")[:limit])


def run(shop: Shop, run_id: int) -> Run:
    found = Run.objects.select_related(*_BESIDE_A_RUN).filter(shop=shop, pk=run_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such run in this shop."))
    return found


def runs(shop: Shop, limit: int = 30) -> list[Run]:
    """Newest first."""
    return list(Run.objects.select_related(*_BESIDE_A_RUN).filter(shop=shop).order_by("-pk")[:limit])


def active_run(shop: Shop) -> Run | None:
    """The run that is queued, training or being checked; a shop has at most one."""
    return Run.objects.select_related("requested_by").filter(shop=shop, state__in=Run.ACTIVE_STATES).first()


def earlier_run(run: Run) -> Run | None:
    """The latest run of the shop that ended before this one and took the same way to its end; None where none did."""
    rows = Run.objects.filter(shop_id=run.shop_id, preset=run.preset, state__in=_ENDED_WELL, pk__lt=run.pk)
    return rows.exclude(stages=[]).order_by("-pk").first()


def last_learnt(shop: Shop) -> Run | None:
    """The latest run that ended with an artifact, published or held back."""
    return Run.objects.filter(shop=shop, state__in=_ENDED_WELL).order_by("-pk").first()


def runs_that_tell_their_cost(shop: Shop, limit: int = 20) -> list[Run]:
    """Those that ended with an artifact, newest first."""
    rows = Run.objects.select_related("artifact").filter(shop=shop, state__in=_ENDED_WELL)
    return list(rows.exclude(stages=[]).order_by("-pk")[:limit])


@operator_scope("monitors count over all shops")
def run_counts() -> dict[str, int]:
    """How many runs are in each state, over all shops, for monitors."""
    counted = dict(Run.objects.values_list("state").annotate(runs=Count("pk")).order_by())
    return {state: counted.get(state, 0) for state in Run.State.values}


def latest_ended_runs(shop: Shop, count: int) -> list[Run]:
    """Newest first; what goes on is not among them."""
    return list(Run.objects.filter(shop=shop).exclude(state__in=Run.ACTIVE_STATES).order_by("-pk")[:count])


def last_run(shop: Shop) -> Run | None:
    return Run.objects.filter(shop=shop).order_by("-pk").first()


def run_of_any_shop(run_id: int) -> Run:
    """For staff. Call it in the scope of all shops. Raises `NotFound`."""
    found = Run.objects.select_related("shop").filter(pk=run_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such run."))
    return found


def runs_under_way(limit: int = 50) -> list[Run]:
    """Of every shop, the oldest first. Call it in the scope of all of them."""
    rows = Run.objects.select_related("shop").filter(state__in=Run.ACTIVE_STATES)
    return list(rows.order_by("pk")[:limit])


def failed_runs(*, since: datetime, limit: int = 20) -> list[Run]:
    """Of every shop, the latest first. Call it in the scope of all of them."""
    rows = Run.objects.select_related("shop").filter(state=Run.State.FAILED, ended_at__gte=since)
    return list(rows.order_by("-ended_at")[:limit])


def stored_bytes() -> dict[int, int]:
    """Of the versions of each shop that has any, by its key. Call it in the scope of all of them."""
    return dict(Artifact.objects.order_by().values_list("shop_id").annotate(Sum("size_bytes")))


def is_artifact_path(path: str) -> bool:
    """Whether an artifact lies there now. Call it in the scope of all shops."""
    return Artifact.objects.filter(path=path).exists()


def waits_for_a_worker(run: Run) -> bool:
    """Whether no worker took the run although one that waits would have."""
    return run.state == Run.State.QUEUED and clock.now() - (run.enqueued_at or run.created_at) > UNPICKED_AFTER


def retrain_plan(shop: Shop) -> RetrainPlan:
    """What the shop decided, or the defaults (not saved)."""
    return RetrainPlan.objects.filter(shop=shop).first() or RetrainPlan(shop=shop)


def shop_weights(shop_id: int) -> dict[str, float]:
    """How much each type of event counts in this shop: the merchant's decision over the library's defaults."""
    chosen = RetrainPlan.objects.filter(shop_id=shop_id).values_list("event_weights", flat=True).first()
    return {**EVENT_WEIGHTS, **(chosen or {})}
