"""The items nearest to an encoder state, without looking at all of them: faiss's inverted lists (docs/adr/0011).

score(i) = state · embedding_i + bias_i is the product with the bias as a coordinate more; a last one makes all items
equally long, so that the largest product is the smallest distance (Bachrach et al. 2014), which k-means divides well.
Lists hold 8 bits a coordinate; what is found is scored again from the embeddings themselves.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

FILE = "nearest.faiss"
LARGE_ITEMS = 50_000  # above it an index is worth its size: a product with all items takes 1 ms there
RECALL_AT = 100
WANTED_RECALL, LEAST_RECALL = 0.965, 0.95  # of the exact best: a margin, since it is other visitors who will ask
PROBES = (16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512)
SAMPLE = 2048  # items that stand for those that are not among the best: 0.5 MB
ROUNDS, POINTS_A_LIST = 8, 64  # of k-means
ITEMS_A_LIST = 40  # at least
FURTHER = 2  # times as many are looked at as are asked for: 8 bits put some of the best a little behind


@dataclass(frozen=True)
class NearestReport:
    """What `manifest.json` keeps under `nearest`."""

    items: int
    lists: int
    probes: int  # lists that are looked into
    recall: float  # of the best 100


class NearestItems:
    """An index of item embeddings and biases, read-only. Threads may share it."""

    def __init__(self, index: Any, embedding_ID: np.ndarray, bias_I: np.ndarray, probes: int) -> None:
        self._index, self._embedding_ID, self._bias_I = index, embedding_ID, bias_I
        self._index.nprobe = probes
        self._sample = np.random.default_rng(0).permutation(len(bias_I))[:SAMPLE]
        self._sampled_SD, self._sampled_bias_S = embedding_ID[self._sample], bias_I[self._sample]

    @classmethod
    def build(cls, embedding_ID: np.ndarray, bias_I: np.ndarray, *, seed: int = 0) -> Self:
        """k-means over the items: about 30 s of processor time for a million. Deterministic for a seed."""
        import faiss

        points_IE = _equally_long(embedding_ID, bias_I)
        lists = max(min(int(4 * np.sqrt(len(points_IE))), len(points_IE) // ITEMS_A_LIST), 1)
        kind = faiss.ScalarQuantizer.QT_8bit
        width = points_IE.shape[1]
        index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatL2(width), width, lists, kind, faiss.METRIC_L2, False)
        index.cp.niter, index.cp.max_points_per_centroid, index.cp.seed = ROUNDS, POINTS_A_LIST, seed + 1
        index.train(points_IE)
        index.add(points_IE)
        return cls(index, embedding_ID, bias_I, PROBES[0])

    @classmethod
    def open(cls, path: Path, embedding_ID: np.ndarray, bias_I: np.ndarray, probes: int) -> Self:
        """Memory-mapped: processes share the pages. IO_FLAG_MMAP_IFC is as fast as memory, IO_FLAG_MMAP 40 times
        slower."""
        import faiss

        faiss.omp_set_num_threads(1)  # a web process has one thread for each request
        index = faiss.read_index(os.fspath(path), faiss.IO_FLAG_MMAP_IFC)
        if index.ntotal != len(bias_I):
            raise ValueError(f"holds {index.ntotal:,} items, the model {len(bias_I):,}")
        return cls(index, embedding_ID, bias_I, probes)

    def save(self, path: Path) -> None:
        """What `open` reads."""
        import faiss

        faiss.write_index(self._index, os.fspath(path))

    def near(self, state_D: np.ndarray, count: int) -> np.ndarray:
        """Codes of about the `count` best, in no order to rely on."""
        query_E = np.zeros((1, self._index.d), np.float32)
        query_E[0, : len(state_D)], query_E[0, len(state_D)] = state_D, 1.0
        codes: np.ndarray = self._index.search(query_E, count)[1][0]
        return codes[codes >= 0]

    def find(self, state_D: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes and exact scores of (nearly) the `count` best, best first."""
        codes = self.near(state_D, FURTHER * count)
        scores = self.scores(state_D, codes)
        best = np.argsort(-scores, kind="stable")[:count]
        return codes[best], scores[best]

    def scores(self, state_D: np.ndarray, codes_C: np.ndarray) -> np.ndarray:
        """float32 (C,), exact."""
        scores_C: np.ndarray = self._embedding_ID[codes_C] @ state_D + self._bias_I[codes_C]
        return scores_C

    def shares(self, state_D: np.ndarray, codes_U: np.ndarray) -> np.ndarray:
        """float32 (U,): the softmax over all items, of these (distinct ones, the best among them). What the others take
        together is estimated from a fixed sample of them."""
        scores_U = self.scores(state_D, codes_U)
        highest = scores_U.max()
        others = ~np.isin(self._sample, codes_U)
        rest = np.exp((self._sampled_SD @ state_D + self._sampled_bias_S)[others] - highest)
        missing = len(self._bias_I) - len(codes_U)
        total = np.exp(scores_U - highest).sum() + missing * float(rest.mean() if len(rest) else 0.0)
        return (np.exp(scores_U - highest) / total).astype(np.float32)

    def tuned(self, states_QD: np.ndarray) -> NearestReport:
        """Look into as few lists as recall on these states allows."""
        exact_QK = [_best(state_D @ self._embedding_ID.T + self._bias_I, RECALL_AT) for state_D in states_QD]
        recall = 0.0
        for probes in PROBES:
            self._index.nprobe = probes
            found_QK = [self.find(state_D, RECALL_AT)[0] for state_D in states_QD]
            recall = recall_of(found_QK, exact_QK)
            if recall >= WANTED_RECALL:
                break
        return NearestReport(len(self._bias_I), int(self._index.nlist), int(self._index.nprobe), round(recall, 4))


def write_index(
    folder: Path, embedding_ID: np.ndarray, bias_I: np.ndarray, states_QD: np.ndarray, *, seed: int = 0
) -> dict[str, Any] | None:
    """Build, tune and write the index of a large catalog; the report for the manifest. None where the catalog is small,
    faiss is missing, nobody can be asked about, or the recall stays too low: then every item is compared."""
    if len(bias_I) <= LARGE_ITEMS or not len(states_QD) or not is_installed():
        return None
    nearest = NearestItems.build(embedding_ID, bias_I, seed=seed)
    report = nearest.tuned(states_QD)
    if report.recall < LEAST_RECALL:
        return None
    nearest.save(folder / FILE)
    return asdict(report)


def is_installed() -> bool:
    """Whether faiss can be imported."""
    try:
        import faiss  # noqa: F401
    except ImportError:
        return False
    return True


def recall_of(found_QK: list[np.ndarray], exact_QK: list[np.ndarray]) -> float:
    """The share of the exact ones that were found."""
    shares = [len(np.intersect1d(found, exact)) / len(exact) for found, exact in zip(found_QK, exact_QK, strict=True)]
    return float(np.mean(shares))


def _best(scores_I: np.ndarray, count: int) -> np.ndarray:
    return np.argpartition(-scores_I, min(count, len(scores_I)) - 1)[:count]


def _equally_long(embedding_ID: np.ndarray, bias_I: np.ndarray) -> np.ndarray:
    """float32 (I, E): embedding, bias, what is missing to the longest, and zeros up to a multiple of 8."""
    items, dimensions = embedding_ID.shape
    points_IE = np.zeros((items, -(-(dimensions + 2) // 8) * 8), np.float32)
    points_IE[:, :dimensions], points_IE[:, dimensions] = embedding_ID, bias_I
    squares_I = np.einsum("ie,ie->i", points_IE, points_IE)
    points_IE[:, dimensions + 1] = np.sqrt(np.maximum(squares_I.max() - squares_I, 0.0))
    return points_IE
