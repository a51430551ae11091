"""Fit segments: a Gaussian mixture, with as many components as there are interests.

G interests span G − 1 axes of the interest space, so its axes say how many to look for. Where that many are not found
again when visitors are left out, the finest division is taken that is. docs/models.md has what was measured, and what
fails.
"""

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from recommender.interests.map import anchors, local_axes, turned_axes
from recommender.interests.model import SegmentModel
from recommender.interests.spherical import SphericalMixture, bic, fit_mixture

AGREEMENT_FLOOR = 0.8  # median adjusted Rand index of the refits
FOUND_AGAIN_FLOOR = 0.75  # of every segment: Jaccard index with the likest of a refit; above it is stable (Hennig 2007)
KEPT_AGREEMENT = 0.6  # a division that visitors are known by goes on with less than a new one needs
KEPT_LIKELIHOOD = 0.02  # nats a visitor: and may be so much less likely
RESAMPLES = 8
RESAMPLE_SHARE = 0.8
DRAWS = 0  # seed of starts and refits: that of the training must not decide how many interests a shop has
HOPELESS = 2 * AGREEMENT_FLOOR - 1  # half of the refits below this: their median cannot reach the floor any more
PATIENCE = (
    2  # numbers in a row that are not found again: on the sample shop 6 to 8 are, and now and then one of 10 to 13
)
STARTS = 8  # of k-means, from which the EM goes on: with 4 the sample shop's segments depend on the seed
FEWEST_VISITORS = 50
VISITORS_PER_SEGMENT = 25
EXPECTED_SHARE = 0.01  # an interest with an axis of its own may be so small
LEAST_KEPT_SHARE = 0.005  # one of before, where there is no other division
MOST_VISITORS = 6_000  # to choose the number of segments
MOST_VISITORS_MAP = 50_000


@dataclass(frozen=True)
class Trial:
    """A number of segments that was tried."""

    mixture: SphericalMixture
    bic: float
    agreement: float
    found_again: float
    smallest_share: float
    stable: bool

    @property
    def segments(self) -> int:
        return len(self.mixture.weights_K)

    def line(self) -> dict[str, Any]:
        return {
            "segments": self.segments,
            "bic": round(self.bic, 1),
            "agreement": round(self.agreement, 3),
            "found_again": round(self.found_again, 3),
            "smallest_share": round(self.smallest_share, 4),
            "stable": self.stable,
        }


def fit_segments(
    interest_VP: np.ndarray,
    *,
    seed: int,
    min_share: float = 0.02,
    max_segments: int = 24,
    most_visitors: int = MOST_VISITORS,
    expected: int | None = None,
    clear: bool = False,
    before_V: np.ndarray | None = None,
) -> SegmentModel:
    """`expected` segments where they are found again; else the best BIC among the numbers that are stable.

    Stable: refitted with other starts on random 80 % of the visitors, it divides all of them the same way (median
    adjusted Rand index ≥ AGREEMENT_FLOOR), finds every segment again (Jaccard index ≥ FOUND_AGAIN_FLOOR), and the
    smallest has `min_share`. `before_V`: each visitor's segment in the artifact before, −1 where unknown: unless the
    number is `clear`, its division goes on while it is nearly as likely as a new one; where no other is found again it
    stays as it was. One segment where nothing is stable and nothing was before, visitors are fewer than 50, or all
    alike. Deterministic for a seed.
    """
    x_VP = np.asarray(interest_VP, np.float64)
    rng = np.random.default_rng(seed)
    chosen_of = _sample(len(x_VP), most_visitors if len(x_VP) > MOST_VISITORS else MOST_VISITORS, rng)
    search = _Search(x_VP[chosen_of], min_share, min(max_segments, _most(x_VP)), np.random.default_rng(DRAWS))
    known_V = None if clear else before_V
    chosen = None if known_V is None else search.continued(known_V[chosen_of])
    chosen = chosen or search.expected(expected) or search.scan()
    as_before = _as_before(x_VP, known_V, search.floor) if known_V is not None and chosen.segments == 1 else None
    mixture = as_before or chosen.mixture
    if as_before is None and len(chosen_of) < len(x_VP):
        mixture, _ = fit_mixture(x_VP, mixture, floor=search.floor)
    shown_VP = x_VP[_sample(len(x_VP), MOST_VISITORS_MAP, rng)]
    return _model(mixture, shown_VP, [trial.line() for trial in search.tried])


def _as_before(x_VP: np.ndarray, before_V: np.ndarray, floor: float) -> SphericalMixture | None:
    """The places of the former members, as they are: EM would follow those who came, and leave the former (of the
    sample shop's, after three times as many short histories, a third would stay; so it is 78 %). None for one segment,
    or where hardly anybody would be in one."""
    known = before_V >= 0
    _, labels_S = np.unique(before_V[known], return_inverse=True)
    segments = int(labels_S.max(initial=-1)) + 1
    if segments < 2:
        return None
    means_KP = np.stack([x_VP[known][labels_S == k].mean(axis=0) for k in range(segments)])
    variance = max(float(((x_VP[known] - means_KP[labels_S]) ** 2).mean()), floor)
    weights_K = np.bincount(labels_S, minlength=segments) / len(labels_S)
    mixture = SphericalMixture(weights_K, means_KP, variance)
    smallest = np.bincount(mixture.labels(x_VP), minlength=segments).min() / len(x_VP)
    return mixture if smallest >= LEAST_KEPT_SHARE else None


def _most(x_VP: np.ndarray) -> int:
    if len(x_VP) < FEWEST_VISITORS:
        return 1
    most = len(x_VP) // VISITORS_PER_SEGMENT
    if np.unique(x_VP[:1000], axis=0).shape[0] < 2 * most:
        most = min(most, np.unique(x_VP, axis=0).shape[0] // 2)
    return max(most, 1)


def _sample(visitors: int, most: int, rng: np.random.Generator) -> np.ndarray:
    return np.arange(visitors) if visitors <= most else np.sort(rng.choice(visitors, most, replace=False))


@dataclass
class _Search:
    """Mixtures of some visitors, and how well each is found again."""

    x_VP: np.ndarray
    min_share: float
    most: int
    rng: np.random.Generator
    tried: list[Trial] = field(default_factory=list)

    @property
    def floor(self) -> float:
        """The least variance of a component, for the scale of the data."""
        return float(2e-3 * self.x_VP.var(axis=0).mean() + 1e-9)

    def expected(self, segments: int | None) -> Trial | None:
        """So many, where they are found again."""
        if segments is None or segments > self.most:
            return None
        trial = self.trial(segments, min(self.min_share, EXPECTED_SHARE))
        return trial if trial.stable else None

    def scan(self) -> Trial:
        """The best BIC of the stable among 1, 2, …, until PATIENCE in a row are not."""
        tried: list[Trial] = []
        while len(tried) < self.most and (not tried or any(trial.stable for trial in tried[-PATIENCE:])):
            tried.append(self.trial(len(tried) + 1, self.min_share))
        return min((trial for trial in tried if trial.stable), key=lambda trial: trial.bic)

    def continued(self, before_V: np.ndarray) -> Trial | None:
        """The division of the artifact before, learned anew from its members' places; None where it does not hold."""
        known = before_V >= 0
        _, labels_S = np.unique(before_V[known], return_inverse=True)
        segments = int(labels_S.max(initial=-1)) + 1
        if not 2 <= segments <= self.most:
            return None
        fresh = self.trial(segments, self.min_share)
        means_KP = np.stack([self.x_VP[known][labels_S == k].mean(axis=0) for k in range(segments)])
        nearest_V = ((self.x_VP[:, None] - means_KP) ** 2).sum(axis=2).argmin(axis=1)
        mixture, likelihood = self.from_places(self.x_VP, means_KP, nearest_V)
        smallest = float(np.bincount(mixture.labels(self.x_VP), minlength=segments).min() / len(self.x_VP))
        score = bic(mixture, likelihood, len(self.x_VP))
        nearly_as_likely = score <= fresh.bic + 2 * KEPT_LIKELIHOOD * len(self.x_VP)
        if not nearly_as_likely or fresh.agreement < KEPT_AGREEMENT or smallest < min(self.min_share, EXPECTED_SHARE):
            return None
        return replace(fresh, mixture=mixture, bic=score, smallest_share=smallest, stable=True)

    def trial(self, segments: int, min_share: float) -> Trial:
        mixture, likelihood = self.fitted(self.x_VP, segments)
        trial = self.judged(mixture, likelihood, min_share)
        self.tried.append(trial)
        return trial

    def judged(self, mixture: SphericalMixture, likelihood: float, min_share: float) -> Trial:
        score, segments = bic(mixture, likelihood, len(self.x_VP)), len(mixture.weights_K)
        if segments == 1:
            return Trial(mixture, score, 1.0, 1.0, 1.0, stable=True)
        labels_V = mixture.labels(self.x_VP)
        smallest = float(np.bincount(labels_V, minlength=segments).min() / len(labels_V))
        agreement, found_again = self._found_again(labels_V, segments)
        stable = agreement >= AGREEMENT_FLOOR and found_again >= FOUND_AGAIN_FLOOR and smallest >= min_share
        return Trial(mixture, score, agreement, found_again, smallest, stable)

    def fitted(self, x_VP: np.ndarray, segments: int) -> tuple[SphericalMixture, float]:
        """EM from the best of several k-means."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct visitors than segments
            start = KMeans(segments, n_init=STARTS, random_state=int(self.rng.integers(2**31))).fit(x_VP)
        return self.from_places(x_VP, start.cluster_centers_, start.labels_)

    def from_places(
        self, x_VP: np.ndarray, means_KP: np.ndarray, labels_V: np.ndarray
    ) -> tuple[SphericalMixture, float]:
        variance = max(float(((x_VP - means_KP[labels_V]) ** 2).mean()), self.floor)
        weights_K = np.bincount(labels_V, minlength=len(means_KP)) / len(labels_V)
        return fit_mixture(x_VP, SphericalMixture(weights_K, means_KP, variance), floor=self.floor)

    def _found_again(self, labels_V: np.ndarray, segments: int) -> tuple[float, float]:
        """Median adjusted Rand index with the labels of refits, and the least median Jaccard index of a segment; of the
        first half of the refits where these decide already."""
        agreements: list[float] = []
        overlaps_RK: list[np.ndarray] = []
        while len(agreements) < RESAMPLES and sum(value < HOPELESS for value in agreements) < RESAMPLES // 2:
            kept = self.rng.choice(len(self.x_VP), int(RESAMPLE_SHARE * len(self.x_VP)), replace=False)
            refitted, _ = self.fitted(self.x_VP[kept], segments)
            again_V = refitted.labels(self.x_VP)
            agreements.append(float(adjusted_rand_score(labels_V, again_V)))
            overlaps_RK.append(_jaccard(labels_V, again_V, segments).max(axis=1))
        return float(np.median(agreements)), float(np.median(overlaps_RK, axis=0).min())


def _jaccard(one_V: np.ndarray, other_V: np.ndarray, segments: int) -> np.ndarray:
    """float64 (K, K): visitors in both over visitors in either."""
    both_KK = np.bincount(one_V * segments + other_V, minlength=segments**2).reshape(segments, segments)
    either_KK = both_KK.sum(axis=1)[:, None] + both_KK.sum(axis=0) - both_KK
    return np.asarray(both_KK / np.maximum(either_KK, 1))


def _model(mixture: SphericalMixture, x_VP: np.ndarray, report: list[dict[str, Any]]) -> SegmentModel:
    order_K = np.argsort(-mixture.weights_K, kind="stable")
    weights_K, means_KP = mixture.weights_K[order_K], mixture.means_KP[order_K]
    axes = means_KP.shape[1]
    places_K2 = anchors(means_KP, mixture.variance)
    map_P2 = local_axes(x_VP, weights_K, means_KP, mixture.variance)
    return SegmentModel(
        weights_K=weights_K / weights_K.sum(),
        means_KP=means_KP,
        precisions_cholesky_KPP=np.tile(np.eye(axes) * mixture.variance**-0.5, (len(order_K), 1, 1)),
        numbers_K=np.arange(1, len(order_K) + 1),
        map_P2=turned_axes(map_P2, means_KP, places_K2),
        anchors_K2=places_K2,
        report=report,
    )
