"""Take erased visitors out of the files of every artifact that is kept, and let what was trained on them go.

The tables forget at once; files follow here, since one that is served is never written into: an artifact without the
visitors is stored beside the one with them, and takes its place.
"""

import json
import shutil
import tempfile
from collections.abc import Collection
from functools import partial
from pathlib import Path

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.core.each import each_on_its_own
from dashboard.events.selectors import erased_visitors
from dashboard.events.services import forget_erased
from dashboard.training import integrity, selectors, store
from dashboard.training.models import Artifact
from dashboard.training.services.publishing import lock_artifacts

_TEMPORARY = ".without-"


def clean_artifacts(*, shop: Shop) -> int:
    """Rewrite the artifacts that hold erased visitors; returns how many. Safe to repeat, also after a crash.

    While a run has not ended nothing is done: its snapshot may hold them too, and so will what it makes. Raises
    `CorruptArtifact` when the others are done where one is damaged; the visitors are looked for again the next time.
    """
    erased = erased_visitors(shop)
    if not erased or not _drop_strays(shop):
        return 0
    artifacts = list(Artifact.objects.filter(shop=shop))
    replaced = each_on_its_own(artifacts, partial(_clean, visitor_ids=set(erased.values())))
    if None not in replaced:
        forget_erased(shop=shop, keys=erased)
    return sum(map(bool, replaced))


def _drop_strays(shop: Shop) -> bool:
    """Remove folders that no artifact names: of attempts that lost their run, and of crashes here. False where a run
    is active, which may be about to store one."""
    with transaction.atomic():
        lock_artifacts(shop.pk)
        if selectors.active_run(shop) is not None:
            return False
        known = set(Artifact.objects.filter(shop=shop).values_list("path", flat=True))
        for name in set(store.folder_names(store.shop_folder(shop.pk))) - known:
            store.delete_folder(name)
    return True


def _clean(artifact: Artifact, visitor_ids: Collection[str]) -> bool | None:
    """Whether the artifact held one of them; None where a run has begun, which reads the artifact before it."""
    with transaction.atomic():
        lock_artifacts(artifact.shop_id)
        if selectors.active_run(artifact.shop) is not None:
            return None
        columns = _stored_without(artifact, visitor_ids)
        if columns is None:
            return False
        Artifact.objects.filter(pk=artifact.pk).update(**columns)
    store.delete_folder(artifact.path)
    return True


def _stored_without(artifact: Artifact, visitor_ids: Collection[str]) -> dict[str, object] | None:
    from recommender.artifact.forgetting import without_visitors  # Arrow: 40 MB that a web process never needs

    try:
        folder = selectors.local_artifact_folder(artifact)
    except errors.NotFound:  # its files are gone, and the visitors with them
        return None
    integrity.verified_manifest(folder, expected=artifact.checksums)
    for leftover in folder.parent.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_TEMPORARY) as name:
        clean = Path(name) / "artifact"
        if not without_visitors(folder, clean, visitor_ids):
            return None
        path = store.next_name(artifact.path)
        store.put_folder(clean, path)
        manifest = json.loads((clean / store.MANIFEST).read_text(encoding="utf-8"))
    return {"path": path, "checksums": manifest["checksums"]}
