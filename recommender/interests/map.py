"""The map of interests: a place on a plane for every interest vector, so that segments do not lie on each other.

A plane of the interest space lays some of many segments on each other, whichever it is. Here each segment has a place
of its own, an anchor: as far from the others as its mean is (stress majorization, de Leeuw 1977), yet never nearer than
LEAST_GAP. Around it the map is linear, and who stands between segments stands between their anchors by membership p:
x W + Σ p_k (a_k − m_k W), local charts of a mixture that its responsibilities join (Roweis, Saul and Hinton 2001).
The unit is the standard deviation of a segment in the interest space.
"""

from collections.abc import Mapping

import numpy as np
from scipy.linalg import eigh

LEAST_GAP = 5.0  # between anchors; members then lie LOCAL around theirs, and both inner rings have room
MOST_GAP = 2.2  # times LEAST_GAP: further apart tells nothing more, and leaves no room for the others
LOCAL = 0.6  # of the deviations from a segment's mean that the map shows
HELD = 4.0  # a place of before against the distances: where many places fit as well, it stays
STEPS, PUSHES = 300, 400
Places = Mapping[int, tuple[float, float]]


def local_axes(x_VP: np.ndarray, weights_K: np.ndarray, means_KP: np.ndarray, variance: float) -> np.ndarray:
    """float32 (P, 2): the two directions in which the means lie furthest apart (Fisher's linear discriminants of round
    components); with fewer than three segments the widest of the remaining ones."""
    offsets_KP = means_KP - weights_K @ means_KP
    total_PP = np.atleast_2d(np.cov(x_VP, rowvar=False, bias=True))
    between_PP = (offsets_KP.T * weights_K) @ offsets_KP + 1e-3 * total_PP
    axes_P2 = eigh(between_PP)[1][:, ::-1][:, :2]
    axes_P2 = axes_P2 * np.sign(axes_P2[np.abs(axes_P2).argmax(axis=0), np.arange(axes_P2.shape[1])])
    scaled_P2 = LOCAL * axes_P2 / np.sqrt(max(variance, 1e-12))
    return np.pad(scaled_P2, ((0, 0), (0, 2 - scaled_P2.shape[1]))).astype(np.float32)


def anchors(means_KP: np.ndarray, variance: float, start_K2: np.ndarray | None = None) -> np.ndarray:
    """float64 (K, 2), around the origin: a place for each segment. `start_K2`: where they stood before, which they
    leave for good reasons alone; NaN where they did not. Deterministic."""
    wanted_KK = _wanted(means_KP, variance)
    place_K2 = _classical(wanted_KK)
    held_K = np.zeros(len(place_K2))
    if start_K2 is not None:
        held_K[np.isfinite(start_K2).all(axis=1)] = HELD
        place_K2 = turned(place_K2, place_K2[held_K > 0], start_K2[held_K > 0])
        place_K2[held_K > 0] = start_K2[held_K > 0]
    first_K2 = place_K2.copy()
    for _ in range(STEPS if len(place_K2) > 1 else 0):
        place_K2 = _majorized(place_K2, wanted_KK, first_K2, held_K)
    return _pushed_apart(place_K2 - place_K2.mean(axis=0))


def turned(place_N2: np.ndarray, own_K2: np.ndarray, target_K2: np.ndarray) -> np.ndarray:
    """The places turned, mirrored and moved, but neither stretched nor bent, so that `own_K2` lie as near as can
    be to `target_K2` (orthogonal Procrustes, Schönemann 1966). Unchanged where nothing is shared."""
    rotation_22 = rotation(own_K2, target_K2)
    if not len(own_K2):
        return place_N2.copy()
    return np.asarray((place_N2 - own_K2.mean(axis=0)) @ rotation_22 + target_K2.mean(axis=0))


def rotation(own_K2: np.ndarray, target_K2: np.ndarray) -> np.ndarray:
    """float64 (2, 2): the orthogonal matrix R that brings `own_K2 @ R` nearest to `target_K2`, both centred; the
    identity where fewer than two are shared."""
    if len(own_K2) < 2:
        return np.eye(2)
    cross_22 = (own_K2 - own_K2.mean(axis=0)).T @ (target_K2 - target_K2.mean(axis=0))
    left_22, _, right_22 = np.linalg.svd(cross_22)
    return np.asarray(left_22 @ right_22)


def turned_axes(map_P2: np.ndarray, means_KP: np.ndarray, anchors_K2: np.ndarray) -> np.ndarray:
    """The same directions turned so that around a segment they point as the anchors lie."""
    return (map_P2 @ rotation(means_KP @ map_P2, anchors_K2)).astype(np.float32)


def known_places(numbers_K: np.ndarray, before: Places) -> np.ndarray:
    """float64 (K, 2): where segments of these numbers stood before, NaN where they did not."""
    nowhere = (np.nan, np.nan)
    return np.array([before.get(number, nowhere) for number in numbers_K.tolist()], float).reshape(-1, 2)


def _wanted(means_KP: np.ndarray, variance: float) -> np.ndarray:
    """float64 (K, K): distances of the means in standard deviations, within what the map has room for."""
    distance_KK = np.sqrt(((means_KP[:, None] - means_KP) ** 2).sum(axis=2) / max(variance, 1e-12))
    apart_KK = ~np.eye(len(means_KP), dtype=bool)
    least = distance_KK[apart_KK].min(initial=np.inf)
    scaled_KK = distance_KK * (LEAST_GAP / least if np.isfinite(least) and least > LEAST_GAP else 1.0)
    return np.where(apart_KK, np.clip(scaled_KK, LEAST_GAP, MOST_GAP * LEAST_GAP), 0)


def _classical(distance_KK: np.ndarray) -> np.ndarray:
    """The plane that classical scaling finds (Torgerson 1952), with signs that do not depend on the library."""
    centred_KK = np.eye(len(distance_KK)) - 1 / len(distance_KK)
    values_K, axes_KK = np.linalg.eigh(-0.5 * centred_KK @ distance_KK**2 @ centred_KK)
    place_K2 = np.zeros((len(distance_KK), 2))
    two = min(2, len(distance_KK))
    axes_K2 = axes_KK[:, ::-1][:, :two] * np.sqrt(np.maximum(values_K[::-1][:two], 0))
    place_K2[:, :two] = axes_K2 * np.where(axes_K2[np.abs(axes_K2).argmax(axis=0), np.arange(two)] < 0, -1, 1)
    return place_K2


def _majorized(place_K2: np.ndarray, wanted_KK: np.ndarray, first_K2: np.ndarray, held_K: np.ndarray) -> np.ndarray:
    """One step of the Guttman transform; near pairs count most, as their order is what one reads. `held_K`: how much
    it costs to leave `first_K2`, against what the distances cost."""
    weight_KK = np.where(wanted_KK > 0, 1 / np.maximum(wanted_KK, 1e-9) ** 2, 0)
    now_KK = np.maximum(np.sqrt(((place_K2[:, None] - place_K2) ** 2).sum(axis=2)), 1e-9)
    ratio_KK = -weight_KK * wanted_KK / now_KK
    np.fill_diagonal(ratio_KK, 0)
    ratio_KK[np.diag_indices_from(ratio_KK)] = -ratio_KK.sum(axis=1)
    laplacian_KK = np.diag(weight_KK.sum(axis=1)) - weight_KK
    holding_KK = np.diag(held_K * np.diag(laplacian_KK).mean())
    solved_KK = np.linalg.pinv(laplacian_KK + holding_KK, hermitian=True)
    return np.asarray(solved_KK @ (ratio_KK @ place_K2 + holding_KK @ first_K2))


def _pushed_apart(place_K2: np.ndarray) -> np.ndarray:
    """Pairs nearer than LEAST_GAP give way to each other until there are none."""
    place_K2 = place_K2 + 1e-6 * np.stack([np.cos(np.arange(len(place_K2))), np.sin(np.arange(len(place_K2)))], axis=1)
    for _ in range(PUSHES):
        offset_KK2 = place_K2[:, None] - place_K2
        distance_KK = np.sqrt((offset_KK2**2).sum(axis=2))
        lacking_KK = np.maximum(LEAST_GAP - distance_KK, 0)
        np.fill_diagonal(lacking_KK, 0)
        if lacking_KK.max(initial=0) < 1e-3:
            break
        step_KK1 = (lacking_KK / np.maximum(distance_KK, 1e-12) / 2)[:, :, None]
        place_K2 = place_K2 + (step_KK1 * offset_KK2).sum(axis=1)
    return place_K2
