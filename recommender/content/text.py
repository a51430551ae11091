"""What the catalog says about items, as vectors: titles, descriptions, categories, brand and price.

x(i, t) = log(1 + Σ field weight of the places of term t in item i) · idf(t), rows of length one; idf as attribute_idf.
vector(i) = unit(x(i) · W), W = V S^−½ of the truncated SVD X = U S Vᵀ (latent semantic analysis, Deerwester et al.
1990; the root spreads what the first axes would hoard). A new item is placed by one product, as those of the fit were.
With vectors of sentences (recommender.content.sentences) W is the ridge regression of their D leading axes on X: new
items need no sentence encoder.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from recommender.content.attributes import SEPARATOR, price_edges
from recommender.content.terms import TINY, term_vectors
from recommender.content.words import words
from recommender.models.factors import randomized_svd, unit_rows
from recommender.models.options import require, require_positive, require_seed

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("title", "description", "categories", "brand", "price")
COMMONEST = 0.5  # a term of more items tells little, and costs the most
RIDGE = 1.0  # keeps rare terms from being learned by heart

Fields = Mapping[str, Any]  # an item as the catalog has it: the COLUMNS, any of them missing or None


@dataclass(frozen=True)
class TextConfig:
    dimensions: int = 64
    vocabulary: int = 20_000  # most frequent terms: bounds the model at 4 · vocabulary · dimensions bytes
    least_items: int = 2  # that share a term
    description_weight: float = 0.3  # of a word of the description, a word of the title being 1
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "content", "dimensions", "vocabulary", "least_items")
        require(self.description_weight >= 0, "content.description_weight must not be negative")
        require_seed(self.seed, "content")


@dataclass(frozen=True)
class TextSpace:
    """Where texts lie; made by `fit`. numpy and scipy alone."""

    config: TextConfig
    terms: tuple[str, ...]
    idf_T: np.ndarray  # float32
    axes_TD: np.ndarray  # float32, W
    price_edges: np.ndarray  # float64

    @classmethod
    def fit(cls, items: Sequence[Fields], config: TextConfig, sentences_IE: np.ndarray | None = None) -> Self:
        """Learn from a catalog; `sentences_IE` are vectors of the same items by a sentence encoder."""
        edges = price_edges(np.array([_price(item) for item in items], np.float64))
        summed = [_terms(item, config, edges) for item in items]
        terms, having_T = _vocabulary(summed, config)
        idf_T = np.log((1 + len(items)) / (1 + having_T)).astype(np.float32)
        weighted_IT = term_vectors(summed, terms, idf_T)
        axes_TD = np.zeros((len(terms), config.dimensions), np.float32)
        if min(weighted_IT.shape) and weighted_IT.nnz:
            found_TD = (
                _axes(weighted_IT, config) if sentences_IE is None else _taught(weighted_IT, sentences_IE, config)
            )
            axes_TD[:, : found_TD.shape[1]] = found_TD
        return cls(config, terms, idf_T, axes_TD, edges)

    def weighted(self, items: Sequence[Fields]) -> sparse.csr_array:
        """float32 (N, T): X of any items; a zero row where an item tells nothing that is known here."""
        summed = [_terms(item, self.config, self.price_edges) for item in items]
        return term_vectors(summed, self.terms, self.idf_T)

    def vectors(self, weighted_NT: sparse.csr_array) -> np.ndarray:
        """float32 (N, D): unit vectors of rows of X, or zero."""
        return unit_rows(weighted_NT @ self.axes_TD)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned; the terms as UTF-8 lines."""
        return {
            "terms": np.frombuffer("\n".join(self.terms).encode(), np.uint8).copy(),
            "idf_T": self.idf_T,
            "axes_TD": self.axes_TD,
            "price_edges": self.price_edges,
        }

    @classmethod
    def from_arrays(cls, config: TextConfig, arrays: Mapping[str, np.ndarray]) -> Self:
        """What `arrays` came from."""
        text = arrays["terms"].tobytes().decode()
        terms = tuple(text.split("\n")) if text else ()
        return cls(config, terms, arrays["idf_T"], arrays["axes_TD"], arrays["price_edges"])


def catalog_fields(catalog: "pa.Table | None", items: int) -> list[Fields]:
    """The rows of a catalog in code order (Dataset.catalog); empty ones without a catalog."""
    present = [] if catalog is None else [name for name in COLUMNS if name in catalog.column_names]
    if catalog is None or not present:
        return [{}] * items
    return catalog.select(present).to_pylist()


def _terms(item: Fields, config: TextConfig, edges: np.ndarray) -> dict[str, float]:
    """Terms of an item with the summed weights of their places. Words hold no space, so that names cannot clash."""
    summed: dict[str, float] = {}
    for word in words(_text(item, "title")):
        summed[word] = summed.get(word, 0.0) + 1.0
    for word in words(_text(item, "description")) if config.description_weight else ():
        summed[word] = summed.get(word, 0.0) + config.description_weight
    for name in _names(item.get("categories")):
        summed[f"category {name}"] = 1.0
    if brand := " ".join(words(_text(item, "brand"))):
        summed[f"brand {brand}"] = 1.0
    price = _price(item)
    if math.isfinite(price) and price > 0 and len(edges):
        summed[f"price {np.searchsorted(edges, price, side='right')}"] = 1.0
    return summed


def _text(item: Fields, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _names(categories: Any) -> Iterator[str]:
    """Categories of a list, or of a text of the contract."""
    parts = categories.split(SEPARATOR) if isinstance(categories, str) else categories or ()
    folded = (" ".join(words(part)) for part in parts if isinstance(part, str))
    yield from sorted({name for name in folded if name})


def _price(item: Fields) -> float:
    value = item.get("price")
    return float("nan") if value is None else float(value)


def _vocabulary(items: Sequence[dict[str, float]], config: TextConfig) -> tuple[tuple[str, ...], np.ndarray]:
    """The most frequent terms that tell items apart, in alphabetical order, and how many items have each."""
    having = Counter(term for terms in items for term in terms)
    most = max(COMMONEST * len(items), config.least_items)
    telling = [(-number, term) for term, number in having.items() if config.least_items <= number <= most]
    kept = tuple(sorted(term for _, term in sorted(telling)[: config.vocabulary]))
    return kept, np.array([having[term] for term in kept], np.float64)


def _axes(weighted_IT: sparse.csr_array, config: TextConfig) -> np.ndarray:
    rank = min(config.dimensions, *weighted_IT.shape)
    _, values_D, right_DT = randomized_svd(weighted_IT, rank, config.seed)
    scale_D = np.where(values_D > TINY, np.maximum(values_D, TINY) ** -0.5, 0.0)
    return (right_DT.T * scale_D).astype(np.float32)


def _taught(weighted_IT: sparse.csr_array, sentences_IE: np.ndarray, config: TextConfig) -> np.ndarray:
    """W = argmin |X W − Y|² + RIDGE |W|², Y the leading principal axes of the sentences; through the SVD of X, of which
    four times as many axes as are wanted are kept."""
    centred_IE = unit_rows(sentences_IE) - unit_rows(sentences_IE).mean(axis=0)
    rank = min(config.dimensions, *centred_IE.shape)
    _, _, components_DE = randomized_svd(centred_IE, rank, config.seed)
    left_IR, values_R, right_RT = randomized_svd(
        weighted_IT, min(4 * config.dimensions, *weighted_IT.shape), config.seed
    )
    shrunk_R = values_R / (values_R**2 + RIDGE)
    return (right_RT.T * shrunk_R @ (left_IR.T @ (centred_IE @ components_DE.T))).astype(np.float32)
