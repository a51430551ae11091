"""The interest space of an artifact and the segments in it, as serving asks for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors.numpy import load_file

from recommender.interests.mixture import memberships
from recommender.interests.space import InterestSpace

MIXTURE = ("weights_K", "means_KP", "precisions_cholesky_KPP")


@dataclass(frozen=True)
class Interests:
    """Read-only, so that threads may share it. Component k of the mixture is the segment `numbers_K[k]`."""

    space: InterestSpace
    mixture: tuple[np.ndarray, np.ndarray, np.ndarray]
    numbers_K: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Self:
        """The arrays of `interests.safetensors`. Raises KeyError where one is missing."""
        arrays = load_file(path)
        weights_K, means_KP, precisions_cholesky_KPP = (arrays[name] for name in MIXTURE)
        return cls(
            InterestSpace(arrays["mean_D"], arrays["components_PD"], arrays["explained_P"]),
            (weights_K, means_KP, precisions_cholesky_KPP),
            arrays["numbers_K"],
        )

    def of(self, vector_D: np.ndarray) -> tuple[np.ndarray, dict[int, float]]:
        """The interest vector (P,) of a visitor's vector, and how much the visitor belongs to each segment."""
        interest_BP = self.space.transform(vector_D[None])
        shares_K = memberships(interest_BP, *self.mixture)[0]
        return interest_BP[0], dict(zip(self.numbers_K.tolist(), shares_K.tolist(), strict=True))
