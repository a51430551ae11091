"""What is only activity does not divide visitors; what is taste does, also where it goes with activity."""

import numpy as np
import pytest

from recommender.interests.activity import activity_axes

VISITORS, AXES = 900, 5


@pytest.fixture
def shop():
    """Axis 0: taste, one of three. Axis 1: how much a visitor does. The rest is noise."""
    rng = np.random.default_rng(3)
    taste_V = rng.integers(3, size=VISITORS)
    volume_V = rng.normal(size=VISITORS)
    places_VD = 0.1 * rng.normal(size=(VISITORS, AXES))
    places_VD[:, 0] += taste_V - 1.0
    places_VD[:, 1] += 0.5 * volume_V
    return places_VD, taste_V, volume_V


def test_the_axis_of_volume_is_found(shop):
    places_VD, _, volume_V = shop
    axes_AD = activity_axes(places_VD, volume_V[:, None])
    assert axes_AD.shape == (1, AXES)
    assert abs(axes_AD[0, 1]) > 0.99


def test_noise_is_no_activity(shop):
    places_VD = shop[0]
    assert not len(activity_axes(places_VD, np.random.default_rng(4).normal(size=(VISITORS, 2))))


def test_an_interest_whose_visitors_do_more_keeps_its_axis(shop):
    places_VD, taste_V, volume_V = shop
    places_VD[:, 1] = 0.1 * np.random.default_rng(5).normal(size=VISITORS)
    assert not len(activity_axes(places_VD, (volume_V + 0.4 * taste_V)[:, None]))


def test_a_season_that_is_an_interest_is_kept_where_tastes_are_known(shop):
    """Those who want the first thing come in one season: without their tastes it looks like time alone."""
    places_VD, taste_V, volume_V = shop
    season_V = taste_V + 0.3 * np.random.default_rng(6).normal(size=VISITORS)
    activity_VA = np.stack([volume_V, season_V], axis=1)
    assert np.abs(activity_axes(places_VD, activity_VA)[:, 0]).max() > 0.9
    kept_AD = activity_axes(places_VD, activity_VA, np.eye(3)[taste_V])
    assert len(kept_AD) == 1 and abs(kept_AD[0, 1]) > 0.99


@pytest.mark.parametrize("value", [0.0, 2.0])
def test_activity_that_does_not_vary_is_none(shop, value):
    assert not len(activity_axes(shop[0], np.full((VISITORS, 2), value)))
