"""Names on the map cover neither each other nor, where there is room, the visitors."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.segments.labels import Label, placed, toward

RING = ((1.0, 0.3), (0.3, 0.5))
NOBODY = np.zeros((0, 2))


def meets(one, other):
    return abs(one.x - other.x) < 0.99 * (one.width + other.width) and abs(one.y - other.y) < 0.99 * (
        one.height + other.height
    )


def covered(boxes, points_P2):
    return sum(int(((np.abs(points_P2 - (box.x, box.y)) < (box.width, box.height)).all(axis=1)).sum()) for box in boxes)


def cloud(seed, middle, count=120):
    return np.random.default_rng(seed).multivariate_normal(middle, RING, size=count)


def test_a_name_alone_stands_right_above_its_ring():
    (box,) = placed([Label(2.0, 1.0, RING, 10)], cloud(1, (2.0, 1.0), 30) * 0 + (2.0, 1.0))
    assert box.x == pytest.approx(2.0)
    assert box.y - box.height > 1.0 + 0.5**0.5


def test_a_name_keeps_off_the_neighbours_above():
    """The next segment stands where the name would be put, and there is room elsewhere."""
    points_P2 = np.concatenate([cloud(2, (0.0, 0.0)), cloud(3, (0.0, 2.6))])
    labels = [Label(0.0, 0.0, RING, 24), Label(0.0, 2.6, RING, 24)]
    boxes = placed(labels, points_P2)
    above = [type(box)(label.x, label.y + 0.9, box.width, box.height) for label, box in zip(labels, boxes, strict=True)]
    assert covered(boxes, points_P2) < 0.2 * covered(above, points_P2)


def test_a_line_leads_from_the_ring_to_the_name():
    label = Label(0.0, 0.0, ((4.0, 0.0), (0.0, 1.0)), 6)
    (box,) = placed([label], NOBODY)
    x, y = toward(label, box)
    assert (x / 2) ** 2 + y**2 == pytest.approx(1.0)
    assert np.hypot(box.x - x, box.y - y) < np.hypot(box.x, box.y)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=12))
def test_however_crowded_the_map_no_two_names_cover_each_other(places):
    boxes = placed([Label(x, y, RING, 40, 2) for x, y in places], NOBODY)
    assert not [pair for pair in combinations(boxes, 2) if meets(*pair)]


def test_a_shop_without_segments_has_no_names():
    assert placed([], cloud(4, (0.0, 0.0))) == []
    assert placed([], NOBODY) == []
