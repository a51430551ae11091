"""Attributes of items: categories, brand and price band as a binary matrix, and how alike two items are by them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import pyarrow as pa

SEPARATOR = "|"  # between the categories of an item
PRICE_BANDS = 8  # of equally many items
LEAST_ITEMS = 2  # an attribute of a single item makes it like no other


def item_attributes(items: "pa.Table") -> sparse.csr_array:
    """float32 (I, A), 1 where item i has attribute a. `items` is a catalog in code order (Dataset.catalog), null where
    nothing is known; it may lack any column. A is 0 where the catalog tells nothing that two items share."""
    return named_attributes(items)[0]


def named_attributes(items: "pa.Table") -> tuple[sparse.csr_array, list[str]]:
    """`item_attributes`, and what each attribute is called."""
    pairs = [*_categories(items), *_brands(items), *_price_bands(items)]
    names = sorted({name for _, name in pairs})
    codes = {name: code for code, name in enumerate(names)}
    rows = np.array([row for row, _ in pairs], np.int64)
    columns = np.array([codes[name] for _, name in pairs], np.int64)
    ones = np.ones(len(pairs), np.float32)
    matrix_IA = sparse.csr_array(sparse.coo_array((ones, (rows, columns)), shape=(items.num_rows, len(codes))))
    matrix_IA.data[:] = 1.0  # a category that is named twice
    shared = np.flatnonzero(np.bincount(matrix_IA.indices, minlength=len(codes)) >= LEAST_ITEMS)
    return sparse.csr_array(matrix_IA[:, shared]), [names[code] for code in shared.tolist()]


def attribute_idf(attributes_IA: sparse.csr_array) -> np.ndarray:
    """float32 (A,): ln((1 + I) / (1 + items that have it)); what all items have tells nothing."""
    items, attributes = attributes_IA.shape
    having_A = np.bincount(attributes_IA.indices, minlength=attributes)
    return np.log((1 + items) / (1 + having_A)).astype(np.float32)


def unit_attributes(attributes_IA: sparse.csr_array) -> sparse.csr_array:
    """float32 (I, A): idf weighted rows of length one, so that the product of two rows is their cosine; an item without
    attributes stays zero."""
    values = attributes_IA.data * attribute_idf(attributes_IA)[attributes_IA.indices]
    rows = np.repeat(np.arange(attributes_IA.shape[0]), np.diff(attributes_IA.indptr))
    lengths_I = np.sqrt(np.bincount(rows, values**2, minlength=attributes_IA.shape[0]))
    values = np.divide(values, lengths_I[rows], out=np.zeros_like(values), where=lengths_I[rows] > 0)
    parts = (values.astype(np.float32), attributes_IA.indices, attributes_IA.indptr)
    return sparse.csr_array(parts, shape=attributes_IA.shape)


def _categories(items: "pa.Table") -> Iterator[tuple[int, str]]:
    for row, text in _texts(items, "categories"):
        names = {name.strip() for name in text.split(SEPARATOR)}
        yield from ((row, f"category {name}") for name in sorted(names) if name)


def _brands(items: "pa.Table") -> Iterator[tuple[int, str]]:
    yield from ((row, f"brand {text.strip()}") for row, text in _texts(items, "brand") if text.strip())


def _texts(items: "pa.Table", column: str) -> Iterator[tuple[int, str]]:
    if column in items.column_names:
        yield from ((row, text) for row, text in enumerate(items[column].to_pylist()) if text)


def _price_bands(items: "pa.Table") -> Iterator[tuple[int, str]]:
    """Bands of equally many items; fewer where many items cost the same."""
    if "price" not in items.column_names:
        return
    price_I = items["price"].cast("double").to_numpy().astype(np.float64)
    known = np.flatnonzero(np.isfinite(price_I) & (price_I > 0))
    bands = np.searchsorted(price_edges(price_I), price_I[known], side="right")
    yield from ((int(row), f"price {band}") for row, band in zip(known, bands, strict=True))


def price_edges(price_I: np.ndarray) -> np.ndarray:
    """Ascending borders of the bands; none where no price is known. What is no number above 0 counts as unknown."""
    known = price_I[np.isfinite(price_I) & (price_I > 0)]
    return np.unique(np.quantile(known, np.arange(1, PRICE_BANDS) / PRICE_BANDS)) if len(known) else np.zeros(0)
