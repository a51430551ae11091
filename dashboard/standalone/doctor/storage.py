"""What lies on disks: room, artifacts, static files, translations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from dashboard.accounts.selectors import all_shops
from dashboard.core.errors import ForageError
from dashboard.core.i18n.catalogs import LANGUAGES, po_path
from dashboard.standalone.disk import MIB, WARM_START_MIB
from dashboard.standalone.doctor.finding import Finding, ok, problem, warning
from dashboard.training import selectors, store
from dashboard.training.integrity import verified_manifest

COMFORTABLE_MIB = 2048


def disk_findings() -> Iterator[Finding]:
    folder = next(path for path in (settings.DATA_DIR, *settings.DATA_DIR.parents) if path.exists())
    free_mib = shutil.disk_usage(folder).free // MIB
    remedy = f"Make room on the disk of {folder}, or move the folder and name it in FORAGE_DATA."
    if free_mib < WARM_START_MIB:
        yield problem(f"{free_mib} MiB free", remedy)
    elif free_mib < COMFORTABLE_MIB:
        yield warning(f"{free_mib} MiB free; a training and its artifact may need more", remedy)
    else:
        yield ok(f"{free_mib / 1024:.0f} GiB free")


def artifact_findings() -> Iterator[Finding]:
    """Can artifacts be stored, and is what serves each shop whole?"""
    try:
        store.check_writable()
    except ForageError as error:
        yield problem(error.message, "Check ARTIFACT_STORE: the place, and the rights of the user that runs Forage.")
        return
    serving = [(shop, artifact) for shop in all_shops() if (artifact := selectors.active_artifact(shop))]
    yield ok(f"{settings.ARTIFACT_STORE} takes files; shops with a model: {len(serving)}")
    for shop, artifact in serving:
        try:
            verified_manifest(selectors.local_artifact_folder(artifact), artifact.checksums)
        except ForageError as error:
            yield problem(f"{shop.slug}: {error.message}", f"Run: manage.py retrain --shop {shop.slug}, or roll back.")


def static_findings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield ok("served from the sources, since DEBUG is on")
    elif (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield ok(f"collected in {settings.STATIC_ROOT}")
    else:
        yield problem(f"not collected in {settings.STATIC_ROOT}: no page can be shown", "Run: manage.py collectstatic")


def translation_findings() -> Iterator[Finding]:
    stale = [language for language in LANGUAGES if _is_stale(po_path(settings.BASE_DIR, language))]
    if stale:
        yield problem(f"not compiled: {', '.join(stale)}", "Run: manage.py translations compile")
    else:
        yield ok("compiled")


def _is_stale(source: Path) -> bool:
    binary = source.with_suffix(".mo")
    return not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime
