"""Presets: how thoroughly to train. One config per model; `--config` overrides single options."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from recommender.data.screening import ScreeningConfig
from recommender.errors import InputError
from recommender.interests.config import InterestsConfig
from recommender.models.base import renamed
from recommender.models.content import ContentConfig
from recommender.models.encoders.config import EncoderConfig
from recommender.models.options import config_from
from recommender.models.popularity import PopularityConfig
from recommender.models.transitions import TransitionsConfig
from recommender.models.user_knn import UserKNNConfig
from recommender.ranking.config import RankerConfig
from recommender.training.effort import EffortConfig
from recommender.training.event_weights import EventsConfig


@dataclass(frozen=True)
class TrainingConfig:
    """What `manifest.json` keeps under `config`."""

    events: EventsConfig = field(default_factory=EventsConfig)
    screening: ScreeningConfig = field(default_factory=ScreeningConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    transitions: TransitionsConfig = field(default_factory=TransitionsConfig)
    user_knn: UserKNNConfig = field(default_factory=UserKNNConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    ranker: RankerConfig = field(default_factory=RankerConfig)
    effort: EffortConfig = field(default_factory=EffortConfig)
    interests: InterestsConfig = field(default_factory=InterestsConfig)
    content: ContentConfig = field(default_factory=ContentConfig)

    def overridden(self, values: Mapping[str, Any]) -> "TrainingConfig":
        """With `{"encoder": {"epochs": 3}, …}` on top. Raises InputError that names the option."""
        known = {part.name for part in fields(self)}
        changed = {}
        for given, options in values.items():
            name = renamed(given)
            if name not in known or not isinstance(options, Mapping):
                raise InputError(f"config: “{given}” must be one of {', '.join(sorted(known))}, each with its options")
            current = getattr(self, name)
            changed[name] = config_from(type(current), {**asdict(current), **options})
        return replace(self, **changed)

    def seeded(self, seed: int) -> "TrainingConfig":
        """With one seed for everything that draws."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(
            self, **{name: replace(part, seed=seed) for name, part in parts.items() if hasattr(part, "seed")}
        )


FREQUENCY_TRANSFORMER = EncoderConfig(kind="transformer", layers=2, hidden=256, dropout=0.5, epochs=16)

PRESETS = {
    "fast": TrainingConfig(
        user_knn=UserKNNConfig(visitors=6000),
        encoder=EncoderConfig(epochs=4, refit_epochs=2, hidden=64, negatives=512, windows=1),
        ranker=RankerConfig(candidates=100, epochs=6, visitors=10_000),
        effort=EffortConfig(encoder_visitors=15_000, judged_visitors=2500, segment_visitors=2000),
    ),
    "balanced": TrainingConfig(
        encoder=replace(FREQUENCY_TRANSFORMER, epochs=10, negatives=1024, windows=2),
        effort=EffortConfig(encoder_reads=20_000_000),
    ),
    "best": TrainingConfig(encoder=FREQUENCY_TRANSFORMER),
}
