"""The items of an artifact in code order, as a web process reads them: `items.parquet` says more, but takes Arrow, and
Arrow takes 40 MB."""

from pathlib import Path

import numpy as np

from recommender.tensors import mapped_tensors, save_tensors

FILE = "items.safetensors"
PARQUET = "items.parquet"


def write_items(folder: Path, item_ids: np.ndarray, interactions_I: np.ndarray) -> None:
    """Ids as one text in UTF-8 with the place after each, and how often each was in the training data."""
    encoded = [str(item).encode() for item in item_ids.tolist()]
    arrays: dict[str, np.ndarray] = {
        "text": np.frombuffer(b"".join(encoded), np.uint8),
        "ends_I": np.cumsum([len(item) for item in encoded], dtype=np.int64),
        "interactions_I": interactions_I.astype(np.int64),
    }
    save_tensors(arrays, folder / FILE)


def read_items(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ids (object) and interactions, from the file of `write_items`, or from the Parquet of an older artifact."""
    if path.name == PARQUET:
        return _read_parquet(path)
    arrays = mapped_tensors(path)
    text, ends = arrays["text"].tobytes(), arrays["ends_I"].tolist()
    item_ids = np.empty(len(ends), object)
    item_ids[:] = [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
    return item_ids, np.array(arrays["interactions_I"])


def _read_parquet(path: Path) -> tuple[np.ndarray, np.ndarray]:
    import pyarrow.parquet as pq

    # Neither read_table nor to_numpy: both import pandas where it is installed, 50 MB more.
    table = pq.ParquetFile(path).read(columns=["item_id", "interactions"], use_threads=False)
    return np.array(table["item_id"].to_pylist(), object), np.array(table["interactions"].to_pylist(), np.int64)
