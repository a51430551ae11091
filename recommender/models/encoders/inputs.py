"""What an encoder may read besides the items: how strong each interaction was, and how long after the one before.
NumPy only, so that serving makes the same inputs."""

from collections.abc import Iterable

import numpy as np

from recommender.data.histories import Histories

EVENT_LEVELS = 4  # 0 is padding; 1 view, 2 cart or wishlist, 3 purchase: the event's weight
GAP_SECONDS = (60.0, 600.0, 3600.0, 6 * 3600.0, 86400.0, 7 * 86400.0, 30 * 86400.0)  # upper ends of the levels
CODES, EVENTS, GAPS = "item_codes_BL", "event_levels_BL", "gap_levels_BL"
ROWS = "item_rows_BLD"  # float32, in place of the codes: of an encoder as it is served (served.py)
LEVELS = {EVENTS: EVENT_LEVELS, GAPS: len(GAP_SECONDS) + 3}  # of gaps 0 is padding, 1 the first interaction


def event_levels(weights_N: np.ndarray) -> np.ndarray:
    """int64 (N,): 1 to 3."""
    return np.clip(np.rint(weights_N), 1, EVENT_LEVELS - 1).astype(np.int64)


def gap_levels(seconds_N: np.ndarray, first_N: np.ndarray) -> np.ndarray:
    """int64 (N,): 1 where a history begins, else 2 and up with the time since the interaction before."""
    gaps_N = np.diff(seconds_N, prepend=seconds_N[:1])
    levels_N = 2 + np.searchsorted(GAP_SECONDS, gaps_N, side="right")
    return np.where(first_N, 1, levels_N).astype(np.int64)


def levels_of(histories: Histories, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The levels of these names, of every interaction."""
    makers = {EVENTS: _event_levels, GAPS: _gap_levels}
    return {name: makers[name](histories) for name in names if name != CODES}


def _event_levels(histories: Histories) -> np.ndarray:
    return event_levels(histories.weights_N)


def _gap_levels(histories: Histories) -> np.ndarray:
    first_N = np.zeros(len(histories.items_N), bool)
    first_N[histories.starts_B1[:-1][histories.lengths_B > 0]] = True
    return gap_levels(histories.seconds_N, first_N)


def encoder_inputs(histories: Histories, length: int, names: Iterable[str]) -> list[np.ndarray]:
    """int64 (B, L ≤ length) each, oldest first, 0 after the end. Older interactions are cut off before the gaps are
    made, as in training."""
    recent, names = histories.last(length), tuple(names)
    codes_BL = recent.padded_BL(length)
    inputs = {CODES: codes_BL}
    for name, levels_N in levels_of(recent, names).items():
        inputs[name] = np.zeros_like(codes_BL)
        inputs[name][codes_BL > 0] = levels_N  # row by row, as both stand
    return [inputs[name] for name in names]
