"""Where the names stand on the map: beside their segment, on no other name, and on as few visitors as can be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CHARACTER_PIXELS, LINE_PIXELS = 7.2, 16  # of 12 px bold text
PADDING_PIXELS, GAP_PIXELS = 10, 6  # around the text within its frame, and between that and the ring
PLOT_PIXELS = (560, 440)  # of the plot's width and height; a larger plot only leaves more room
STEP_PIXELS, STEPS, DIRECTIONS = 16, 28, 16
COVERED_PIXELS = 8  # so much farther a name may stand for each visitor whom it then does not cover
MOST_POINTS = 400  # that are looked at, evenly: enough to tell a crowded place from a free one


@dataclass(frozen=True)
class Label:
    """A text of so many characters (in its longest line) and lines, and the ring that it names: the middle and the
    matrix ((xx, xy), (xy, yy)) of an ellipse, in the map's units."""

    x: float
    y: float
    ring: Sequence[Sequence[float]]
    characters: int
    lines: int = 1

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Of the ring."""
        width, height = self.ring[0][0] ** 0.5, self.ring[1][1] ** 0.5
        return [(self.x - width, self.y - height), (self.x + width, self.y + height)]


@dataclass(frozen=True)
class Box:
    """The frame of a name: its middle, and half of its width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> list[tuple[float, float]]:
        return [(self.x - self.width, self.y - self.height), (self.x + self.width, self.y + self.height)]


def placed(labels: Sequence[Label], points_P2: np.ndarray, *, plot: tuple[int, int] = PLOT_PIXELS) -> list[Box]:
    """A frame for each label. Names make the map larger and so themselves: the second round knows by how much."""
    shown, weight = _thinned(points_P2)
    around: list[Sequence[float]] = [*points_P2.tolist(), *(corner for label in labels for corner in label.corners)]
    boxes = _placed(labels, shown, weight, _unit(around, plot))
    around += [corner for box in boxes for corner in box.corners]
    return _placed(labels, shown, weight, _unit(around, plot))


def toward(label: Label, box: Box) -> tuple[float, float]:
    """The point of the ring on the way from its middle to the name."""
    way_2 = np.array([box.x - label.x, box.y - label.y])
    length = float(np.sqrt(way_2 @ np.linalg.pinv(np.asarray(label.ring, float)) @ way_2))
    share = 1.0 / max(length, 1.0)
    return label.x + share * float(way_2[0]), label.y + share * float(way_2[1])


def _unit(around: Sequence[Sequence[float]], plot: tuple[int, int]) -> float:
    """The map's units that a pixel takes, where all of these are to be seen."""
    extent_2 = np.ptp(np.array(around), axis=0) if around else np.ones(2)
    return float(max((extent_2 / np.array(plot)).max(), 1e-9))


def _thinned(points_P2: np.ndarray) -> tuple[np.ndarray, float]:
    """Some of the points, and for how many each stands."""
    every = -(-len(points_P2) // MOST_POINTS) or 1
    return points_P2[::every], float(every)


def _placed(labels: Sequence[Label], points_P2: np.ndarray, weight: float, unit: float) -> list[Box]:
    found: dict[int, Box] = {}
    for index in sorted(range(len(labels)), key=lambda index: -labels[index].y):
        found[index] = _best(labels[index], points_P2, weight, [*found.values()], unit)
    return [found[index] for index in range(len(labels))]


def _best(label: Label, points_P2: np.ndarray, weight: float, others: Sequence[Box], unit: float) -> Box:
    """Of all places around the ring the nearest; a visitor covered counts as so much of a way, a name as no place."""
    width = (label.characters * CHARACTER_PIXELS + PADDING_PIXELS) / 2 * unit
    height = (label.lines * LINE_PIXELS + PADDING_PIXELS) / 2 * unit
    middles_N2, pixels_N = _candidates(label, width, height, unit)
    cost_N = pixels_N + COVERED_PIXELS * weight * _within(points_P2, middles_N2, width, height).sum(axis=1)
    for other in others:
        other_12 = np.array([[other.x, other.y]])
        cost_N[_within(other_12, middles_N2, width + other.width, height + other.height)[:, 0]] = np.inf
    x, y = middles_N2[int(cost_N.argmin())].tolist()
    return Box(x, y, width, height)


def _candidates(label: Label, width: float, height: float, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) middles, the nearest first and of equals the uppermost, and how far each is from the ring in pixels."""
    turns_D = np.array([(-1) ** place * ((place + 1) // 2) for place in range(DIRECTIONS)])
    angles_D = np.pi / 2 + turns_D * 2 * np.pi / DIRECTIONS
    ways_D2 = np.stack([np.cos(angles_D), np.sin(angles_D)], axis=1)
    ring_D = np.sqrt(np.maximum(np.einsum("di,ij,dj->d", ways_D2, np.asarray(label.ring, float), ways_D2), 0.0))
    nearest_D = ring_D + np.abs(ways_D2) @ np.array([width, height])
    pixels_S = GAP_PIXELS + STEP_PIXELS * np.arange(STEPS)
    away_SD = nearest_D[None, :] + pixels_S[:, None] * unit
    middles_SD2 = np.array([label.x, label.y]) + away_SD[:, :, None] * ways_D2[None, :, :]
    return middles_SD2.reshape(-1, 2), np.repeat(pixels_S.astype(float), DIRECTIONS)


def _within(points_P2: np.ndarray, middles_N2: np.ndarray, width: float, height: float) -> np.ndarray:
    """bool (N, P): which points lie in a frame around each middle."""
    away_NP2 = np.abs(points_P2[None, :, :] - middles_N2[:, None, :])
    return np.asarray((away_NP2[:, :, 0] < width * 0.999) & (away_NP2[:, :, 1] < height * 0.999))
