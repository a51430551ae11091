"""What measures of lists need to know of items, from the data that the models were fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.content.attributes import SEPARATOR, item_attributes, unit_attributes
from recommender.data.dataset import Dataset
from recommender.errors import InputError

POPULARITY = "popularity"
ALIKE_VISITORS = 50_000  # that tell which items are alike: a popular item of a million visitors would cost minutes
BANDS = ("head", "middle", "tail")  # the most popular items with a third of the interactions, the next third, the rest


@dataclass(frozen=True)
class Groups:
    """Groups of items by an attribute. Row i of `shares_IG` adds up to one, or to nothing where it is unknown."""

    by: str
    names: tuple[str, ...]
    shares_IG: sparse.csr_array


@dataclass(frozen=True)
class ItemTraits:
    """`features_IF` are unit rows whose product is how alike two items are: by their attributes, or, where the catalog
    tells nothing, by who chose them (`alike_by`)."""

    interactions_I: np.ndarray
    popularity_rank_I: np.ndarray  # 1 for the most popular, equal ones share a rank; 0 where nobody chose the item
    features_IF: sparse.csr_array
    alike_by: str
    categories: Groups | None

    @classmethod
    def of(cls, dataset: Dataset) -> "ItemTraits":
        """The traits of a dataset's items."""
        interactions_I = np.bincount(dataset.histories.items_N, minlength=dataset.items)
        features_IF, alike_by = _features(dataset)
        has_categories = any(dataset.column("categories"))
        return cls(
            interactions_I,
            popularity_ranks(interactions_I),
            features_IF,
            alike_by,
            groups_of(dataset, "categories") if has_categories else None,
        )


def groups_of(dataset: Dataset, by: str) -> Groups:
    """Groups by a text column of the catalog (several values of an item share it evenly), or by `popularity`. Raises
    InputError where the catalog has no such column."""
    if by == POPULARITY:
        return _bands(np.bincount(dataset.histories.items_N, minlength=dataset.items))
    if dataset.catalog is None or by not in dataset.catalog.column_names:
        known = [POPULARITY, *(dataset.catalog.column_names if dataset.catalog is not None else ())]
        raise InputError(f"exposure: “{by}” is no column of the items; there are {', '.join(known)}")
    values_I = dataset.catalog[by].to_pylist()
    return _grouped(by, [_parts(value) for value in values_I])


def _parts(value: object) -> list[str]:
    names = (name.strip() for name in ("" if value is None else str(value)).split(SEPARATOR))
    return list(dict.fromkeys(name for name in names if name))


def _grouped(by: str, parts_I: Sequence[Sequence[str]]) -> Groups:
    names = tuple(sorted({name for parts in parts_I for name in parts}))
    code_of = {name: code for code, name in enumerate(names)}
    counts_I = np.array([len(parts) for parts in parts_I])
    starts_I1 = np.concatenate([[0], np.cumsum(counts_I)])
    codes_N = np.array([code_of[name] for parts in parts_I for name in parts], np.int32)
    values_N = np.repeat(1.0 / np.maximum(counts_I, 1), counts_I)
    return Groups(by, names, sparse.csr_array((values_N, codes_N, starts_I1), shape=(len(parts_I), len(names))))


def _bands(interactions_I: np.ndarray) -> Groups:
    order = np.argsort(-interactions_I, kind="stable")
    before_I = np.cumsum(interactions_I[order]) - interactions_I[order]
    band_I = np.empty(len(order), np.int64)
    band_I[order] = np.minimum(before_I * len(BANDS) // max(interactions_I.sum(), 1), len(BANDS) - 1)
    band_I[interactions_I == 0] = len(BANDS) - 1
    return _grouped(POPULARITY, [[BANDS[band]] for band in band_I])


def popularity_ranks(interactions_I: np.ndarray) -> np.ndarray:
    """int64 (I,): 1 for the most popular, equal ones share a rank; 0 where nobody chose the item."""
    place_I = np.unique(-interactions_I, return_inverse=True)[1]
    return np.where(interactions_I > 0, place_I + 1, 0)


def _features(dataset: Dataset) -> tuple[sparse.csr_array, str]:
    if dataset.catalog is not None and (attributes_IA := item_attributes(dataset.catalog)).nnz:
        return unit_attributes(attributes_IA), "attributes"
    histories = dataset.histories
    if len(histories) > ALIKE_VISITORS:
        histories = histories.take(np.linspace(0, len(histories) - 1, ALIKE_VISITORS).astype(int))
    chosen_VI = histories.matrix_BI(dataset.items)
    chosen_VI.data[:] = 1.0
    chosen_IV = sparse.csr_array(chosen_VI.T)
    lengths_I = np.sqrt(np.diff(chosen_IV.indptr))
    chosen_IV.data /= np.repeat(lengths_I, np.diff(chosen_IV.indptr)).astype(np.float32)
    return chosen_IV, "visitors"
