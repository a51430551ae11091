"""Names on the map never cover each other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.segments.labels import LINE_PIXELS, PLOT_PIXELS, Label, spread

HEIGHT = 6.0
LINE = LINE_PIXELS * HEIGHT / PLOT_PIXELS


def test_names_with_room_stay_where_they_are():
    assert spread([Label(-3, 1, 10), Label(3, 1, 10)], HEIGHT) == [1, 1]


def test_two_names_at_one_place_are_moved_apart():
    first, second = spread([Label(0, 1, 10), Label(0, 1, 10)], HEIGHT)
    assert abs(first - second) >= LINE * 0.99


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=12))
def test_however_crowded_the_map_no_two_names_share_a_line(places):
    heights = sorted(spread([Label(x, y, 40) for x, y in places], HEIGHT))
    assert all(upper - lower >= LINE * 0.99 for lower, upper in pairwise(heights))
