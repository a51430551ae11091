"""Is there room to work? Asked before the work, because a half-written folder is harder to explain."""

import shutil
from pathlib import Path

from dashboard.standalone.errors import StartError

MIB = 1024 * 1024
INSTALL_MIB = 2_500  # .venv and what pip unpacks on the way
FIRST_START_MIB = 700  # a new cluster (40 MiB) and its log, static files, the sample shop, its artifact
WARM_START_MIB = 150


def require_space(folder: Path, needed_mib: int) -> None:
    free_mib = shutil.disk_usage(folder).free // MIB
    if free_mib < needed_mib:
        raise StartError(f"only {free_mib} MiB free on the disk of {folder}; this needs {needed_mib} MiB")
