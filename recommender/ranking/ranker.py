"""Ranker: facts about items and a network, one safetensors file; numpy alone. Read-only, so that threads share it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.base import renamed
from recommender.ranking.features import Candidates, feature_names, features
from recommender.ranking.items import ItemFacts
from recommender.ranking.network import RankerNetwork
from recommender.ranking.single import features_of_one
from recommender.tensors import below, mapped_file, save_tensors


@dataclass(frozen=True)
class Ranker:
    """`models`: whose probabilities it reads, in that order; `candidates`: how many of the blend it puts in order."""

    facts: ItemFacts
    network: RankerNetwork
    models: tuple[str, ...]
    candidates: int

    def probabilities(self, histories: Histories, candidates: Candidates) -> np.ndarray:
        """float32 (B, C), above 0 for every candidate."""
        present_BC = candidates.codes_BC >= 0
        logits_BC = self.network.logits(self._features(histories, candidates))
        shares_BC = self.network.probabilities(logits_BC, present_BC)
        return np.where(present_BC, np.maximum(shares_BC, np.finfo(np.float32).tiny), 0.0)

    def _features(self, histories: Histories, candidates: Candidates) -> np.ndarray:
        if len(histories) == 1 and len(histories.items_N):
            return features_of_one(self.facts, histories, candidates).T[None]
        return features(self.facts, histories, candidates)

    def save(self, path: Path) -> None:
        """Facts, network, and in the metadata whose probabilities it reads."""
        arrays = {f"facts.{name}": array for name, array in self.facts.arrays().items()}
        arrays |= {f"network.{name}": array for name, array in self.network.arrays().items()}
        settings = json.dumps({"models": self.models, "candidates": self.candidates})
        save_tensors(arrays, path, {"ranker": settings})

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote, uncopied. Raises LibraryError where it is damaged or has another version's features."""
        try:
            arrays, metadata = mapped_file(path)
            settings = json.loads(metadata["ranker"])
            facts = ItemFacts.from_arrays(below(arrays, "facts."))
            network = RankerNetwork.from_arrays(below(arrays, "network."))
        except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise LibraryError(f"{path}: cannot be read as a ranker ({error})") from error
        if len(network.mean_F) != len(feature_names(settings["models"])):
            raise LibraryError(f"{path}: reads other features than this version of Forage makes; train again")
        return cls(facts, network, tuple(map(renamed, settings["models"])), int(settings["candidates"]))
