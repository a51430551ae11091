"""Taking visitors out of an artifact: their ids, their place among the interests, and what they did."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from safetensors.numpy import load_file

from recommender.artifact import MANIFEST, new_artifact, read_manifest
from recommender.data.histories import Histories
from recommender.tensors import save_tensors

VISITORS, HISTORIES = "visitors.parquet", "histories.safetensors"


def without_visitors(folder: Path, out: Path, visitor_ids: Collection[str]) -> int:
    """Write `out`: the artifact of `folder` without these visitors. Returns how many it held; none, and nothing is
    written.

    What the models learnt stays as it is, and so do the counts of the training data: neither names anybody. Raises
    ArtifactError where the artifact is not whole.
    """
    manifest = read_manifest(folder)
    visitors = pq.read_table(folder / VISITORS)
    stays_V = pc.invert(pc.is_in(visitors["visitor_id"], pa.array(sorted(visitor_ids), pa.string())))
    rows = np.flatnonzero(stays_V.to_numpy())
    if len(rows) == visitors.num_rows:
        return 0
    with new_artifact(out, manifest) as fresh:
        for name in set(manifest["checksums"]) - {VISITORS, HISTORIES, MANIFEST}:
            _link(folder / name, fresh / name)
        pq.write_table(visitors.take(pa.array(rows)), fresh / VISITORS, compression="zstd")
        if (folder / HISTORIES).exists():
            save_tensors(_kept(load_file(folder / HISTORIES), rows), fresh / HISTORIES)
    return int(visitors.num_rows - len(rows))


def _kept(arrays: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Row v of the histories is visitor v."""
    histories = Histories(arrays["starts"], arrays["items"], arrays["seconds"], arrays["weights"]).take(rows)
    return {
        "starts": histories.starts_B1.astype(np.int64),
        "items": histories.items_N,
        "seconds": histories.seconds_N,
        "weights": histories.weights_N,
    }


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
