"""What is no shopper's behaviour: programs that read the shop, and times that cannot be. Left out before a training,
and counted. Needs no clock, so that the same file always gives the same data."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.events import EVENT_TYPES
from recommender.data.interactions import Interactions
from recommender.models.options import require, require_positive

VIEW = EVENT_TYPES.index("view_item")
MINUTE_SECONDS, YEAR_SECONDS = 60.0, 365.25 * 86400.0


@dataclass(frozen=True)
class ScreeningConfig:
    """A program is a visitor with more views in a minute than a person manages. Views of one moment are no sign of one:
    a file may hold the times of batches, or no times at all."""

    views_a_minute: int = 120  # more than two items a second, for a minute; 0: nobody is a program
    seconds_spread: int = 30  # distinct seconds of that minute that these views must lie in
    most_programs: float = 0.2  # a larger share of the visitors: the times are not what they seem, nobody is left out
    span_years: float = 20.0  # further from the median time no interaction can be

    def __post_init__(self) -> None:
        require(self.views_a_minute >= 0, "screening.views_a_minute must not be negative")
        require(0 <= self.most_programs <= 1, "screening.most_programs must be from 0 to 1")
        require_positive(self, "screening", "seconds_spread", "span_years")


def screened(interactions: Interactions, config: ScreeningConfig) -> Interactions:
    """The interactions of shoppers at possible times; `left_out` counts the others."""
    possible_N = _possible(interactions, config)
    program_V = (
        _programs(interactions, config) if config.views_a_minute else np.zeros(len(interactions.visitor_ids), bool)
    )
    by_program_N = program_V[interactions.visitor_N]
    kept_N = possible_N & ~by_program_N
    left_out = {
        "impossible_times": int((~possible_N).sum()),
        "program_visitors": int(program_V.sum()),
        "program_interactions": int((by_program_N & possible_N).sum()),
    }
    if kept_N.all():
        return replace(interactions, left_out={**interactions.left_out, **left_out})
    return replace(
        interactions,
        visitor_N=interactions.visitor_N[kept_N],
        item_N=interactions.item_N[kept_N],
        seconds_N=interactions.seconds_N[kept_N],
        type_N=interactions.type_N[kept_N],
        left_out={**interactions.left_out, **left_out},
    )


def _possible(interactions: Interactions, config: ScreeningConfig) -> np.ndarray:
    seconds_N = interactions.seconds_N
    return np.abs(seconds_N - np.median(seconds_N)) <= config.span_years * YEAR_SECONDS


def _programs(interactions: Interactions, config: ScreeningConfig) -> np.ndarray:
    """bool (V,): who once viewed more than `views_a_minute` within a minute, in enough of its seconds."""
    views = np.flatnonzero(interactions.type_N == VIEW)
    counts_V = np.bincount(interactions.visitor_N[views], minlength=len(interactions.visitor_ids))
    views = views[(counts_V > config.views_a_minute)[interactions.visitor_N[views]]]
    found_V = np.zeros(len(interactions.visitor_ids), bool)
    if not len(views):
        return found_V
    visitor_N, second_N = interactions.visitor_N[views], np.floor(interactions.seconds_N[views])
    order = np.lexsort((second_N, visitor_N))
    visitor_N, second_N = visitor_N[order], second_N[order]
    first = np.arange(len(views) - config.views_a_minute)
    last = first + config.views_a_minute  # one more than may be: both ends count
    fast = (visitor_N[first] == visitor_N[last]) & (second_N[last] - second_N[first] < MINUTE_SECONDS)
    new_N = np.ones(len(views), int)
    new_N[1:] = (np.diff(second_N) != 0) | (np.diff(visitor_N) != 0)
    moment_N = np.cumsum(new_N)
    spread = moment_N[last] - moment_N[first] + 1 >= config.seconds_spread
    found_V[visitor_N[first[fast & spread]]] = True
    return found_V if found_V.mean() <= config.most_programs else np.zeros_like(found_V)
