"""How much of large data a training looks at, where looking at all of it would bring little."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.dataset import Dataset
from recommender.models.encoders.config import EncoderConfig
from recommender.models.options import require_positive

LEAST_PASSES = 3  # of an encoder: below it is better off with fewer visitors
LEAST_VISITORS = 300  # that are scored, however many items there are: fewer tell nothing


@dataclass(frozen=True)
class EffortConfig:
    encoder_visitors: int = 1_000_000_000  # with more, no encoder is fitted: it is nine tenths of the time
    encoder_reads: int = 60_000_000  # interactions that an encoder reads in all its passes, 30 to 60 µs each: with more
    # there are fewer passes, not below 3, and then fewer visitors
    warm_passes: int = 2  # of an encoder that goes on from the version before, in each of its two fits
    judged_visitors: int = 10_000  # whose held-out interaction is ranked for evaluation.json
    segment_visitors: int = 6000  # the number of segments is chosen on so many, where there are more than 6,000
    scored_cells: int = 4_000_000_000  # visitors × items that are scored to learn from or to judge: with more than
    # 100,000 items fewer visitors are asked about than the ranker's 40,000

    def __post_init__(self) -> None:
        require_positive(self, "effort", "encoder_visitors", "encoder_reads", "judged_visitors", "segment_visitors")
        require_positive(self, "effort", "scored_cells", "warm_passes")

    def asked(self, visitors: int, items: int, share: float = 1.0) -> int:
        """How many of so many visitors are scored, by so much of the whole effort."""
        return min(visitors, max(int(share * self.scored_cells) // max(items, 1), LEAST_VISITORS))

    def passes(self, encoder: EncoderConfig, dataset: Dataset) -> EncoderConfig:
        """The encoder's config with as many passes as it may read the dataset."""
        affordable = self.encoder_reads // max(_reads(encoder, dataset), 1)
        epochs = min(encoder.epochs, max(affordable, LEAST_PASSES))
        return replace(encoder, epochs=epochs, refit_epochs=min(encoder.refit_epochs, epochs))

    def taught_by(self, encoder: EncoderConfig, dataset: Dataset) -> Dataset:
        """The dataset, or as many of its visitors as that many passes may read, drawn by the encoder's seed."""
        share = self.encoder_reads / max(_reads(encoder, dataset) * encoder.epochs, 1)
        if share >= 1:
            return dataset
        count = max(int(share * len(dataset.visitor_ids)), 1)
        rng = np.random.default_rng([encoder.seed, 4])
        return dataset.take(np.sort(rng.permutation(len(dataset.visitor_ids))[:count]))


def _reads(encoder: EncoderConfig, dataset: Dataset) -> int:
    """Interactions that one pass reads."""
    most = encoder.windows * encoder.history_length
    return int(np.clip(dataset.histories.lengths_B - 1, 0, most).sum())
