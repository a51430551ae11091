"""Figures are plain data with colours by name."""

import math

import pytest

from dashboard.core import figures


def test_an_ellipse_lies_its_sigmas_away_from_the_center():
    covariance = [[2.0, 0.6], [0.6, 0.5]]
    ring = figures.ellipse((1.0, -2.0), covariance, sigmas=1.9)
    determinant = 2.0 * 0.5 - 0.6**2
    for x, y in zip(ring["x"], ring["y"], strict=True):
        dx, dy = x - 1.0, y + 2.0
        squared = (0.5 * dx * dx - 2 * 0.6 * dx * dy + 2.0 * dy * dy) / determinant
        assert math.sqrt(squared) == pytest.approx(1.9, abs=1e-2)


def test_a_degenerate_covariance_still_draws():
    ring = figures.ellipse((0.0, 0.0), [[1.0, 1.0], [1.0, 1.0]])
    assert all(math.isfinite(value) for value in ring["y"])


def test_colours_are_tokens_and_more_than_eight_segments_are_grey():
    assert figures.line([1], [2], name="a", color="explore")["line"]["color"] == "token:explore"
    assert figures.category_token(8) == "token:cat8"
    assert figures.category_token(9) == "token:control"


def test_a_band_goes_forth_along_the_top_and_back_along_the_bottom():
    band = figures.band([1, 2], [10, 20], [11, 21])
    assert (band["x"], band["y"]) == ([1, 2, 2, 1], [11, 21, 20, 10])


def test_the_payload_says_what_changes_where_it_is_narrow_only_if_something_does():
    plain = figures.Figure(key="a", label="A", data=[])
    assert "narrow" not in plain.payload
    assert figures.Figure(key="a", label="A", data=[], narrow={"layout": {}}).payload["narrow"] == {"layout": {}}


@pytest.mark.parametrize(("highest", "marks"), [(0, 1), (0.4, 1), (4, 1), (4.01, None), (900, None)])
def test_no_mark_of_an_axis_of_money_is_written_twice(highest, marks):
    axis = figures.money_axis("GBP", highest)
    assert axis.get("dtick") == marks
    assert axis.get("range") == ([0, 4] if marks else None)
