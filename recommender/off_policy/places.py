"""What a policy without chance would have earned per slate, place by place.

The weights of `slates.py` are products: where a policy explores at eight places, hardly a slate is the other's whole.
Here an item's reward depends on itself and its place alone (the item-position model, Li et al. 2018), so each place
speaks for itself: its weight is one over the propensity of what stands there. Doubly robust, with the same model of
rewards. A place at which the other policy's item stood further up already tells nothing; that is luck of the draw, and
the others stand for it.
"""

from dataclasses import dataclass

import numpy as np

from recommender.errors import InputError
from recommender.off_policy.reward_model import fit_rewards
from recommender.off_policy.slates import Estimate, around_mean


@dataclass(frozen=True, eq=False)
class PlaceLog:
    """N slates of up to K places; what lies beyond a slate's end is NaN in the first. Raises InputError.

    reward_NK: what each place earned. logged_NK: propensity of what was shown. is_same_NK: whether the other policy's
    slate holds the same item in this place; is_left_NK: whether its item there did not stand further up. score_NK,
    other_score_NK: scores of what was shown, and of the other's. unit_N: whole numbers, as in `SlateLog`.
    """

    reward_NK: np.ndarray
    logged_NK: np.ndarray
    is_same_NK: np.ndarray
    is_left_NK: np.ndarray
    score_NK: np.ndarray
    other_score_NK: np.ndarray
    unit_N: np.ndarray

    def __post_init__(self) -> None:
        shape = self.reward_NK.shape
        if len(shape) != 2 or shape[0] < 2 or not shape[1]:
            raise InputError("reward: at least two slates are needed")
        for name in ("logged_NK", "is_same_NK", "is_left_NK", "score_NK", "other_score_NK"):
            if getattr(self, name).shape != shape:
                raise InputError(f"{name[:-3]}: must have an entry for each place")
        if self.unit_N.shape != shape[:1]:
            raise InputError("unit: must have one entry for each slate")
        logged = self.logged_NK[~np.isnan(self.reward_NK)]
        if not ((logged > 0) & (logged <= 1.0 + 1e-9)).all():
            raise InputError("logged: must be probabilities, above 0")

    @property
    def weights_NK(self) -> np.ndarray:
        """1 / propensity where both show the same, else 0."""
        here_NK = ~np.isnan(self.reward_NK) & self.is_same_NK & self.is_left_NK
        return np.where(here_NK, 1.0 / np.where(here_NK, self.logged_NK, 1.0), 0.0)

    @property
    def effective(self) -> float:
        """So many slates of the other policy the log is worth, at the place where it is worth least."""
        weights_NK = self.weights_NK
        squares_K = (weights_NK**2).sum(axis=0)
        return float((weights_NK.sum(axis=0) ** 2 / np.where(squares_K > 0, squares_K, 1.0)).min())


def change_by_places(log: PlaceLog, *, alpha: float = 0.05) -> Estimate:
    """How much more the other policy earns per slate than the one that served."""
    here_NK = ~np.isnan(log.reward_NK)
    model = fit_rewards(log.reward_NK, log.score_NK, log.unit_N)
    expected_NK = np.where(here_NK, model.of(log.other_score_NK), 0.0)
    left_K = (here_NK & log.is_left_NK).sum(axis=0) / np.maximum(here_NK.sum(axis=0), 1)
    weights_NK = log.weights_NK / np.where(left_K > 0, left_K, 1.0)
    reward_NK = np.nan_to_num(log.reward_NK)
    gained_NK = expected_NK + weights_NK * (reward_NK - expected_NK) - reward_NK
    return around_mean(gained_NK.sum(axis=1), log.unit_N, alpha)
