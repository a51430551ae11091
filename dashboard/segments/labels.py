"""Keeps the names on the map apart: each stays above its segment where there is room, else as near as it can."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

CHARACTER_PIXELS = 7.2  # of 12 px bold text
PADDING_PIXELS = 12
LINE_PIXELS = 26
PLOT_PIXELS = 440  # of the plot's height; a wider or higher plot only leaves more room


@dataclass(frozen=True)
class Label:
    """A text whose lower edge stands at `y`, centred at `x`, in the map's units."""

    x: float
    y: float
    characters: int


def spread(labels: Sequence[Label], map_height: float) -> list[float]:
    """A new `y` for each label, so that none covers another. `map_height`: of the drawn map, in its units."""
    unit = map_height / PLOT_PIXELS
    line = LINE_PIXELS * unit
    placed: dict[int, float] = {}
    for index in sorted(range(len(labels)), key=lambda index: -labels[index].y):
        label = labels[index]
        placed[index] = next(
            y
            for y in _nearest_first(label.y, line / 2)
            if not any(_covers(label, y, labels[other], at, line, unit) for other, at in placed.items())
        )
    return [placed[index] for index in range(len(labels))]


def _nearest_first(y: float, step: float) -> Iterator[float]:
    yield y
    for distance in count(1):
        yield y - distance * step
        yield y + distance * step


def _covers(one: Label, y: float, other: Label, at: float, line: float, unit: float) -> bool:
    width = (one.characters + other.characters) / 2 * CHARACTER_PIXELS + PADDING_PIXELS
    return abs(y - at) < line * 0.999 and abs(one.x - other.x) < width * unit
