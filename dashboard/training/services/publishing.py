"""Keep what a run made, let it serve, and go back."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.segments.identity import reserve_numbers
from dashboard.segments.services import replace_segments
from dashboard.training import integrity, selectors, states, store
from dashboard.training.lineage import snapshot_facts
from dashboard.training.models import Artifact, Run
from dashboard.training.services.beside import beside_others
from dashboard.training.services.lease import Lease

# Parts of the manifest.
LINEAGE = ("counts", "cleaning", "config", "data", "source", "versions", "preset", "seed", "cost", "parent", "start")


def keep_artifact(*, lease: Lease, folder: Path) -> Artifact:
    """Check the files of `folder`, store them, and record the artifact of the run, which nobody is served from yet.

    Each attempt has a folder of its own in the store, so a worker that lost its lease overwrites nothing.
    """
    manifest = integrity.verified_manifest(folder)
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    run = lease.run
    name = f"{store.shop_folder(run.shop_id)}/run-{run.pk}-{lease.token}"
    store.put_folder(folder, name)
    size = sum(path.stat().st_size for path in folder.iterdir())
    lineage = {part: manifest[part] for part in LINEAGE if part in manifest} | {"snapshot": snapshot_facts(run)}
    columns = {"path": name, "checksums": manifest["checksums"], "metrics": evaluation, "lineage": lineage}
    columns |= {"size_bytes": size, "beside": beside_others(shop=run.shop, folder=folder, besides=run.pk)}
    segments = json.loads((folder / "segments.json").read_text(encoding="utf-8"))
    with transaction.atomic():
        lock_artifacts(run.shop_id)
        reserve_numbers(run.shop, [int(entry["number"]) for entry in segments])
        lease.beat(counts=manifest["counts"], metrics=evaluation)
        return _record(run, columns)


def publish_artifact(
    *, artifact: Artifact, token: int | None = None, actor: User | None = None, label: str = ""
) -> Artifact:
    """Let an artifact serve its shop, in one transaction together with its segments.

    A worker gives its fencing `token`, and publishes only while it holds the lease of the run. A person publishes what
    was held back, or served before. Raises `integrity.CorruptArtifact`, `LeaseLost`, or `Conflict` for an artifact of
    a run that has not ended well.
    """
    return _activate(artifact, token, actor, label, "artifact.publish")


def rollback_to(*, artifact: Artifact, actor: User | None = None, label: str = "") -> Artifact:
    """Serve an artifact again that served before. Raises `Conflict` for one that never did."""
    if artifact.published_at is None:
        message = _("%(version)s has never served this shop; publish it instead.")
        raise errors.Conflict(message % {"version": artifact})
    return _activate(artifact, None, actor, label, "artifact.roll_back")


def _activate(artifact: Artifact, token: int | None, actor: User | None, label: str, action: str) -> Artifact:
    folder = selectors.local_artifact_folder(artifact)
    integrity.verified_manifest(folder, expected=artifact.checksums)
    with transaction.atomic():
        shop = lock_artifacts(artifact.shop_id)
        fresh = Artifact.objects.select_related("run").get(pk=artifact.pk)
        if fresh.is_active:
            return fresh
        if fresh.path != artifact.path:  # visitors were taken out of its files since they were checked
            raise errors.Conflict(_("The files of this artifact have just been replaced; try again."))
        _settle(fresh.run, token)
        Artifact.objects.filter(shop=shop, is_active=True).update(is_active=False)
        Artifact.objects.filter(pk=fresh.pk).update(is_active=True, published_at=clock.now())
        replace_segments(shop=shop, artifact_id=fresh.pk, folder=folder)
        record_audit(shop=shop, actor=actor, label=label, action=action, subject=str(fresh), run=fresh.run_id)
    fresh.refresh_from_db()
    return fresh


def _settle(run: Run, token: int | None) -> None:
    """The run becomes published, if whoever asks may do that."""
    if token is not None:
        states.move(run.pk, Run.State.PUBLISHED, token=token, progress=1)
    elif run.state == Run.State.REJECTED:
        states.move(run.pk, Run.State.PUBLISHED)
    elif run.state != Run.State.PUBLISHED:
        message = _("Run %(id)d is %(state)s; what it made cannot be published.")
        raise errors.Conflict(message % {"id": run.pk, "state": run.get_state_display().lower()})


def lock_artifacts(shop_id: int) -> Shop:
    """One writer of a shop's artifacts at a time."""
    return Shop.objects.select_for_update(no_key=True).get(pk=shop_id)


def _record(run: Run, columns: dict[str, Any]) -> Artifact:
    """The artifact of the run; a later attempt takes the place, and the version, of one that crashed before its end."""
    earlier = Artifact.objects.filter(run=run).first()
    if earlier is not None:
        transaction.on_commit(lambda: store.delete_folder(earlier.path))
        Artifact.objects.filter(pk=earlier.pk).update(**columns)
        return Artifact.objects.get(pk=earlier.pk)
    latest = Artifact.objects.filter(shop_id=run.shop_id).aggregate(Max("version"))["version__max"]
    return Artifact.objects.create(shop_id=run.shop_id, run=run, version=(latest or 0) + 1, **columns)
