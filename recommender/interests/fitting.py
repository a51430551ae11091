"""Fit segments: a Gaussian mixture, with as many components as stay the same when visitors are left out."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from recommender.interests.minibatch import DiagonalMixture, refine_mixture
from recommender.interests.model import SegmentModel, separating_map

AGREEMENT_FLOOR = 0.8  # median adjusted Rand index, docs/models.md
RESAMPLES = 4
RESAMPLE_SHARE = 0.8
HOPELESS = 2 * AGREEMENT_FLOOR - 1  # two of the four below this: their median cannot reach the floor any more
STARTS = 8  # of k-means, from which the EM goes on: with 4 the sample shop's segments depend on the seed
TOLERANCE = 1e-4  # of the mean log likelihood
FEWEST_VISITORS = 50
VISITORS_PER_SEGMENT = 25
MOST_VISITORS = 6_000  # to choose the number of segments: 11 numbers of them in about 10 s on one core
MOST_VISITORS_FINAL = 50_000  # above it EM goes over all of them a batch at a time


def fit_segments(
    interest_VP: np.ndarray,
    *,
    seed: int,
    min_share: float = 0.02,
    max_segments: int = 12,
    most_visitors: int = MOST_VISITORS,
) -> SegmentModel:
    """The mixture with the best BIC among those that are stable, and whose smallest segment has `min_share`.

    Stable: refitted with other starts on random 80 % of the visitors, it divides all of them the same way (median
    adjusted Rand index of at least AGREEMENT_FLOOR). One segment where nothing is stable, visitors are fewer than
    50, or all alike. Deterministic for a seed.
    """
    x_VP = np.asarray(interest_VP, np.float64)
    x_VP = np.repeat(x_VP, 2, axis=0) if len(x_VP) == 1 else x_VP  # a variance takes two
    rng = np.random.default_rng(seed)
    most = min(max_segments, len(x_VP) // VISITORS_PER_SEGMENT) if len(x_VP) >= FEWEST_VISITORS else 1
    if np.unique(x_VP[:1000], axis=0).shape[0] < 2 * most:
        most = min(most, np.unique(x_VP, axis=0).shape[0] // 2)
    tried_VP = _sample(x_VP, most_visitors if len(x_VP) > MOST_VISITORS else MOST_VISITORS, rng)
    trials = [_try(tried_VP, segments, min_share, rng) for segments in range(1, max(most, 1) + 1)]
    chosen = min((trial for trial in trials if trial.stable), key=lambda trial: trial.bic)
    final = _final(chosen.mixture, x_VP, len(tried_VP), seed)
    return _model(final, _sample(x_VP, MOST_VISITORS_FINAL, rng), [trial.line() for trial in trials])


@dataclass(frozen=True)
class _Trial:
    mixture: GaussianMixture
    bic: float
    agreement: float
    smallest_share: float
    stable: bool

    def line(self) -> dict[str, Any]:
        return {
            "segments": int(self.mixture.n_components),
            "bic": round(self.bic, 1),
            "agreement": round(self.agreement, 3),
            "smallest_share": round(self.smallest_share, 4),
            "stable": self.stable,
        }


def _sample(x_VP: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return x_VP if len(x_VP) <= most else x_VP[np.sort(rng.choice(len(x_VP), most, replace=False))]


def _try(x_VP: np.ndarray, segments: int, min_share: float, rng: np.random.Generator) -> _Trial:
    fitted = _fit(x_VP, segments, rng)
    if segments == 1:
        return _Trial(fitted, float(fitted.bic(x_VP)), 1.0, 1.0, True)
    labels_V = fitted.predict(x_VP)
    smallest = float(np.bincount(labels_V, minlength=segments).min() / len(x_VP))
    agreement = _agreement(x_VP, labels_V, segments, rng)
    stable = agreement >= AGREEMENT_FLOOR and smallest >= min_share
    return _Trial(fitted, float(fitted.bic(x_VP)), agreement, smallest, stable)


def _agreement(x_VP: np.ndarray, labels_V: np.ndarray, segments: int, rng: np.random.Generator) -> float:
    """Median adjusted Rand index with the labels of refits; of the first two where these decide already."""
    found: list[float] = []
    while len(found) < RESAMPLES and sum(value < HOPELESS for value in found) < RESAMPLES // 2:
        kept = rng.choice(len(x_VP), int(RESAMPLE_SHARE * len(x_VP)), replace=False)
        refitted = _fit(x_VP[kept], segments, rng)
        found.append(float(adjusted_rand_score(labels_V, refitted.predict(x_VP))))
    return float(np.median(found))


def _floor(x_VP: np.ndarray) -> float:
    """The least variance of a component in a direction, for the scale of the data."""
    return float(2e-3 * x_VP.var(axis=0).mean() + 1e-9)


def _fit(x_VP: np.ndarray, segments: int, rng: np.random.Generator) -> GaussianMixture:
    """EM with diagonal covariances, from the best of several k-means."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct visitors than segments: judged by share
        start = KMeans(segments, n_init=STARTS, random_state=int(rng.integers(2**31))).fit(x_VP)
        floor = _floor(x_VP)
        counts_K = np.maximum(np.bincount(start.labels_, minlength=segments), 1)
        variances_KP = np.stack([_variance(x_VP[start.labels_ == k], floor) for k in range(segments)])
        return GaussianMixture(
            segments,
            covariance_type="diag",
            reg_covar=floor,
            tol=TOLERANCE,
            max_iter=300,
            init_params="random_from_data",
            random_state=0,
            weights_init=counts_K / counts_K.sum(),
            means_init=start.cluster_centers_,
            precisions_init=1 / variances_KP,
        ).fit(x_VP)


def _variance(members_NP: np.ndarray, floor: float) -> np.ndarray:
    return members_NP.var(axis=0) + floor if len(members_NP) else np.full(members_NP.shape[1], floor)


def _final(chosen: GaussianMixture, x_VP: np.ndarray, tried: int, seed: int) -> DiagonalMixture:
    """The chosen mixture, gone on with all visitors: by scikit-learn where they fit, else a batch at a time."""
    if tried < len(x_VP) <= MOST_VISITORS_FINAL:
        parameters = chosen.get_params() | {
            "weights_init": chosen.weights_,
            "means_init": chosen.means_,
            "precisions_init": chosen.precisions_,
        }
        chosen = GaussianMixture(**parameters).fit(x_VP)
    found = DiagonalMixture(chosen.weights_, chosen.means_, chosen.covariances_)
    if len(x_VP) <= MOST_VISITORS_FINAL:
        return found
    return refine_mixture(x_VP, found, floor=chosen.reg_covar, seed=seed, tolerance=TOLERANCE)


def _model(fitted: DiagonalMixture, x_VP: np.ndarray, report: list[dict[str, Any]]) -> SegmentModel:
    order_K = np.argsort(-fitted.weights_K, kind="stable")
    weights_K, means_KP = fitted.weights_K[order_K], fitted.means_KP[order_K]
    cholesky_KP = fitted.variances_KP[order_K] ** -0.5
    within_PP = np.diag(weights_K @ cholesky_KP**-2.0)
    return SegmentModel(
        weights_K=weights_K / weights_K.sum(),
        means_KP=means_KP,
        precisions_cholesky_KPP=np.stack([np.diag(row_P) for row_P in cholesky_KP]),
        numbers_K=np.arange(1, len(order_K) + 1),
        map_P2=separating_map(x_VP, weights_K, means_KP, within_PP),
        report=report,
    )
