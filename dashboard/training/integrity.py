"""Is an artifact's folder what its trainer wrote? Nothing of it is used before this says yes."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import errors

REQUIRED = ("items.parquet", "visitors.parquet", "segments.json", "evaluation.json")


class CorruptArtifact(errors.Conflict):
    """A file is missing or altered. What serves the shop is untouched."""

    code = "corrupt_artifact"


def verified_manifest(folder: Path, expected: dict[str, str] | None = None) -> dict[str, Any]:
    """The manifest, once every file has the checksum that it names; and, with `expected`, that was recorded before."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        checksums = dict(manifest["checksums"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _corrupt("manifest.json") from error
    for name in [*REQUIRED, *checksums]:
        if Path(name).name != name or _digest(folder / name) != checksums.get(name):
            raise _corrupt(name)
    if expected is not None and checksums != expected:
        raise _corrupt("manifest.json")
    return manifest


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _corrupt(name: str) -> CorruptArtifact:
    message = _(
        "The file %(name)s of this artifact is missing or was altered; it is not used. Retrain to get a new one."
    )
    return CorruptArtifact(message % {"name": name})
