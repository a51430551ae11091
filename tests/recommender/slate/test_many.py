"""Many slates at once are those that are made one by one."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.slate import KNOB_NAMES, Knobs, make_slate
from recommender.slate.candidates import group_codes
from recommender.slate.many import IN_SCORES, TURNED, make_slates
from tests.recommender.slate.shops import candidates_of

VISITORS, PLACES = 40, 6


@pytest.mark.parametrize(
    "knobs",
    [
        Knobs(),
        Knobs(exploration=0.1, diversity=0.3, calibration=0.2),
        Knobs(exploration=0.7, explore_floor=0.3, explore_max_age_days=None),
        Knobs(diversity=0.6, calibration=0.9),
    ],
)
def test_a_slate_of_many_is_the_slate_of_one(knobs):
    shop = replace(candidates_of(3, count=70), doubts=np.random.default_rng(2).uniform(0.0, 0.5, 70))
    rng = np.random.default_rng(4)
    scores = rng.uniform(0.01, 1.0, (VISITORS, 70)).round(2)  # some are equal
    _, names = group_codes(shop.categories)
    profiles = rng.integers(0, 4, (VISITORS, len(names))).astype(float)
    profiles[3] = 0.0
    uniforms = np.stack([np.random.default_rng(visitor).random(PLACES) for visitor in range(VISITORS)])
    indices, propensities = make_slates(shop, knobs, scores_BC=scores, profiles_BG=profiles, uniforms_BK=uniforms)
    for visitor in range(VISITORS):
        profile = dict(zip(names, profiles[visitor], strict=True))
        one = make_slate(
            replace(shop, scores=scores[visitor]), knobs, PLACES, (), profile, np.random.default_rng(visitor)
        )
        assert indices[visitor].tolist() == one.indices.tolist()
        assert propensities[visitor] == pytest.approx(one.propensities, rel=1e-9)


@pytest.mark.parametrize("name", [name for name in KNOB_NAMES if name not in TURNED + IN_SCORES])
def test_a_knob_that_is_not_known_here_is_refused(name):
    shop = candidates_of(3, count=20)
    with pytest.raises(InputError, match=name):
        make_slates(
            shop,
            Knobs(**{name: 0.5}),
            scores_BC=np.ones((1, 20)),
            profiles_BG=np.ones((1, 6)),
            uniforms_BK=np.ones((1, 3)),
        )
