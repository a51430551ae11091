"""What serving exchanges with the library."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class HistoryEvent(NamedTuple):
    """One interaction of a visitor: the item, the event type of the glossary, seconds since 1970."""

    item_id: str
    type: str
    timestamp_seconds: float


@dataclass(frozen=True)
class Profile:
    """What is known of a visitor from the history alone."""

    state_D: np.ndarray | None  # encoder state; None without a known item
    interest_P: np.ndarray | None  # coordinates in the interest space
    segment_probabilities: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidates:
    """Items to choose from, best first."""

    item_ids: list[str]
    scores: np.ndarray  # float32 (C,), blend probabilities
    sources: list[str]  # the model that contributed most: encoder, transitions, user_knn, popularity
    vectors: np.ndarray  # float32 (C, V), unit rows
    interactions: np.ndarray  # int64 (C,), in the training data


class Reason(NamedTuple):
    """Why an item suits a visitor: `kind` is viewed, carted, bought, interest or popular."""

    kind: str
    item_id: str | None = None  # the item of the history that it rests on
