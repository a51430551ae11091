"""Options of the interest space: default, meaning and validation in one place."""

from dataclasses import dataclass
from typing import Literal

from recommender.models.options import require_positive


@dataclass(frozen=True)
class InterestsConfig:
    method: Literal["pca", "factor-analysis"] = (
        "pca"  # principal axes, or factors beside noise of each coordinate's own
    )
    dimensions: int = 32  # of an interest vector, at most; as many as stand out of the noise

    def __post_init__(self) -> None:
        require_positive(self, "interests", "dimensions")
