"""Remove old artifacts, and what ended runs left on this machine's disk."""

import shutil
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.accounts.selectors import all_shops
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import for_each_shop, operator_scope
from dashboard.training import store
from dashboard.training.limits import limits_of
from dashboard.training.models import Artifact, Run
from dashboard.training.services.publishing import lock_artifacts

KEPT_ARTIFACTS = 10


def prune(*, kept: int = KEPT_ARTIFACTS) -> int:
    """Keep each shop's newest `kept` artifacts, as far as they have room, and the one that serves; returns how many
    went."""
    _clear_work_folders()
    return sum(each_on_its_own(all_shops(), partial(_prune_shop, kept=kept)))


@for_each_shop
def _prune_shop(shop: Shop, kept: int) -> int:
    with transaction.atomic():
        lock_artifacts(shop.pk)  # nobody publishes one of them, or stores it anew under another path
        old = Artifact.objects.filter(shop=shop, is_active=False).exclude(pk__in=_kept(shop, kept))
        paths = list(old.values_list("path", flat=True))
        old.delete()
    for path in paths:
        store.delete_folder(path)
    return len(paths)


def _kept(shop: Shop, most: int) -> list[int]:
    """The newest that lie within the shop's room beside the one that serves."""
    room = limits_of(shop).artifact_bytes
    rows = Artifact.objects.filter(shop=shop).order_by("-version").values_list("pk", "is_active", "size_bytes")
    used = sum(size for _pk, is_active, size in rows if is_active)
    found = []
    for pk, is_active, size in rows[:most]:
        used += 0 if is_active else size
        if room and used > room:
            break
        found.append(pk)
    return found


@operator_scope("the folder holds runs of every shop")
def _clear_work_folders() -> None:
    root = Path(settings.DATA_DIR) / "runs"
    if not root.is_dir():
        return
    active = {str(pk) for pk in Run.objects.filter(state__in=Run.ACTIVE_STATES).values_list("pk", flat=True)}
    for folder in root.iterdir():
        if folder.name.isdigit() and folder.name not in active:
            shutil.rmtree(folder, ignore_errors=True)
