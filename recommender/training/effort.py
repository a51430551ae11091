"""How much of large data a training looks at, where looking at all of it would bring little."""

from dataclasses import dataclass

from recommender.models.options import require_positive


@dataclass(frozen=True)
class EffortConfig:
    encoder_visitors: int = 1_000_000_000  # with more, no encoder is fitted: it is nine tenths of the time
    judged_visitors: int = 10_000  # whose held-out interaction is ranked for evaluation.json
    segment_visitors: int = 6000  # the number of segments is chosen on so many, where there are more than 6,000

    def __post_init__(self) -> None:
        require_positive(self, "effort", "encoder_visitors", "judged_visitors", "segment_visitors")
