"""Figures are plain data with colours by name."""

import json
import math
from pathlib import Path

import pytest

from dashboard.core import charts


def test_an_ellipse_lies_its_sigmas_away_from_the_center():
    covariance = [[2.0, 0.6], [0.6, 0.5]]
    ring = charts.ellipse((1.0, -2.0), covariance, sigmas=1.9)
    determinant = 2.0 * 0.5 - 0.6**2
    for x, y in zip(ring["x"], ring["y"], strict=True):
        dx, dy = x - 1.0, y + 2.0
        squared = (0.5 * dx * dx - 2 * 0.6 * dx * dy + 2.0 * dy * dy) / determinant
        assert math.sqrt(squared) == pytest.approx(1.9, abs=1e-2)


def test_a_degenerate_covariance_still_draws():
    ring = charts.ellipse((0.0, 0.0), [[1.0, 1.0], [1.0, 1.0]])
    assert all(math.isfinite(value) for value in ring["y"])


def test_colours_are_tokens_and_every_segment_has_one():
    assert charts.line([1], [2], name="a", color="explore")["line"]["color"] == "token:explore"
    assert charts.category_token(8) == "token:cat8"
    assert charts.category_token(24) == "token:cat24"
    assert charts.category_token(25) == "token:cat1"


@pytest.mark.parametrize("name", ["plotly-theme.json", "plotly-theme-dark.json"])
def test_both_schemes_have_all_24_colours_apart(name):
    """On a chart and on a page alike, and none of them twice."""
    static = Path(charts.__file__).parent.parent / "static" / "forage"
    tokens = json.loads((static / name).read_text())["layout"]["meta"]["tokens"]
    colours = [tokens[f"cat{number}"] for number in range(1, charts.SEGMENT_COLOURS + 1)]
    assert len(set(colours)) == 24
    page = (static / "forage.css").read_text()
    assert all(f'[data-cat="{number}"] {{ --tone: var(--cat-{number}); }}' in page for number in range(1, 25))
    assert all(colour in page for colour in colours)


def test_a_band_goes_forth_along_the_top_and_back_along_the_bottom():
    band = charts.band([1, 2], [10, 20], [11, 21])
    assert (band["x"], band["y"]) == ([1, 2, 2, 1], [11, 21, 20, 10])


def test_the_payload_says_what_changes_where_it_is_narrow_only_if_something_does():
    plain = charts.Figure(key="a", label="A", data=[])
    assert "narrow" not in plain.payload
    assert charts.Figure(key="a", label="A", data=[], narrow={"layout": {}}).payload["narrow"] == {"layout": {}}


@pytest.mark.parametrize(("highest", "marks"), [(0, 1), (0.4, 1), (4, 1), (4.01, None), (900, None)])
def test_no_mark_of_an_axis_of_money_is_written_twice(highest, marks):
    axis = charts.money_axis("GBP", highest)
    assert axis.get("dtick") == marks
    assert axis.get("range") == ([0, 4] if marks else None)
