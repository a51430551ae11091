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

VISITORS, HISTORIES, JUDGED = "visitors.parquet", "histories.safetensors", "judged.parquet"


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
        for name in set(manifest["checksums"]) - {VISITORS, HISTORIES, JUDGED, MANIFEST}:
            _link(folder / name, fresh / name)
        pq.write_table(visitors.take(pa.array(rows)), fresh / VISITORS, compression="zstd")
        if (folder / JUDGED).exists():
            _write_without(pq.read_table(folder / JUDGED), visitor_ids, fresh / JUDGED)
        if (folder / HISTORIES).exists():
            histories = Histories.from_arrays(load_file(folder / HISTORIES))  # row v is visitor v
            save_tensors(histories.take(rows).arrays(), fresh / HISTORIES)
    return int(visitors.num_rows - len(rows))


def _write_without(rows: pa.Table, visitor_ids: Collection[str], path: Path) -> None:
    gone = pc.is_in(rows["visitor_id"], pa.array(sorted(visitor_ids), pa.string()))
    pq.write_table(rows.filter(pc.invert(gone)), path, compression="zstd")


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
