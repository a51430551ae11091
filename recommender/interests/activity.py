"""What is only activity in the interest space: how much visitors do, and when, as far as it is no taste.

A visitor's direction moves with the length of the history alone: a long one lies nearer to what everybody does, and
histories of one season share what was on sale then. Left in, segments divide visitors by activity. Such axes are found
by a regression of the directions on activity, with tastes (shares of categories) held constant (Frisch, Waugh and
Lovell: both sides are residuals of the tastes), and taken out where activity explains much of what visitors differ by
along them. An interest whose visitors merely are more active than others keeps its axis: activity explains little
of it.
"""

import numpy as np

LEAST_EXPLAINED = 0.2  # of the variance along an axis; sample shop: 0.72, 0.33, 0.22, and 0.08, which stays


def activity_axes(unit_VD: np.ndarray, activity_VA: np.ndarray, tastes_VC: np.ndarray | None = None) -> np.ndarray:
    """float64 (≤ A, D): orthonormal axes along which activity explains at least LEAST_EXPLAINED of the variance."""
    centred_VD = unit_VD - unit_VD.mean(axis=0)
    activity_VA = _standard(activity_VA)
    if tastes_VC is not None:
        tastes_VC = tastes_VC - tastes_VC.mean(axis=0)
        activity_VA = _residual(activity_VA, tastes_VC)
        fitted_VD = activity_VA @ _coefficients(activity_VA, _residual(centred_VD, tastes_VC))
    else:
        fitted_VD = activity_VA @ _coefficients(activity_VA, centred_VD)
    values_D, axes_DD = np.linalg.eigh(fitted_VD.T @ fitted_VD)
    most = np.linalg.matrix_rank(activity_VA)
    axes_AD = axes_DD[:, ::-1].T[:most][values_D[::-1][:most] > 1e-12 * max(values_D[-1], 1e-300)]
    along_VA = centred_VD @ axes_AD.T
    left_VA = _residual(along_VA, activity_VA)
    explained_A = 1 - (left_VA**2).sum(axis=0) / np.maximum((along_VA**2).sum(axis=0), 1e-300)
    return axes_AD[explained_A >= LEAST_EXPLAINED]


def _standard(values_VA: np.ndarray) -> np.ndarray:
    centred_VA = np.asarray(values_VA, np.float64) - np.mean(values_VA, axis=0)
    spread_A = centred_VA.std(axis=0)
    return np.divide(centred_VA, spread_A, out=np.zeros_like(centred_VA), where=spread_A > 1e-9)


def _coefficients(given_VA: np.ndarray, wanted_VD: np.ndarray) -> np.ndarray:
    """Least squares by the normal equations: columns are few, rows are many."""
    solved_AD: np.ndarray = np.linalg.pinv(given_VA.T @ given_VA, hermitian=True) @ (given_VA.T @ wanted_VD)
    return solved_AD


def _residual(wanted_VD: np.ndarray, given_VA: np.ndarray) -> np.ndarray:
    residual_VD: np.ndarray = wanted_VD - given_VA @ _coefficients(given_VA, wanted_VD)
    return residual_VD
