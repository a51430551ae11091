"""The loop with Forage itself: its models, trained on what its own slates were clicked."""

import numpy as np
import pytest

from recommender.beliefs.rendered import Rendered
from recommender.simulation import POLICIES, SCENARIOS, simulate
from recommender.simulation.forage.beliefs import PLACEMENT, Beliefs
from recommender.simulation.forage.clicks import Clicks
from recommender.simulation.forage.maker import KNOBS, ForageMaker
from recommender.simulation.forage.pools import LEAST, Shelf
from recommender.simulation.makers import Seen, earlier_impressions
from recommender.simulation.scenarios import SLATE_SIZE
from recommender.simulation.world import Shown, World

KEYS = ["reward", "regret", "interests_discovered", "coverage", "days_to_audience", "daily"]


def loop(policy, **changed):
    return simulate(
        learner="forage", **({"scenario": "launches", "policy": policy, "visitors": 30, "days": 7, "seed": 1} | changed)
    )


def slots(visitors, items, clicked, day):
    count = len(visitors)
    return Rendered(
        placements_N=np.full(count, PLACEMENT),
        visitors_N=np.array(visitors),
        items_N=np.array(items),
        positions_N=np.ones(count, int),
        scores_N=np.full(count, 0.5),
        propensities_N=np.full(count, 0.5),
        days_N=np.full(count, float(day)),
        clicked_N=np.array(clicked),
    )


def test_every_policy_has_its_knobs_but_the_oracle():
    assert set(KNOBS) == set(POLICIES) - {"oracle"}
    assert KNOBS["default"].exploration > 0 == KNOBS["greedy"].exploration


def test_a_shop_without_a_model_offers_the_newest_first():
    world = World(SCENARIOS["launches"], 3, 10, 0)
    day = [*world.walk()][4]
    pools = Shelf(world, day, None, np.zeros(len(world.items))).pools([[], [], []])
    assert pools[0].codes_C[0] == day.on_sale - 1 and len(pools[0].codes_C) == day.on_sale >= LEAST
    assert (np.diff(pools[0].scores_C) < 0).all()


def test_clicks_become_histories_of_the_items_that_were_opened():
    clicks = Clicks(2)
    clicks.add(3, Seen(np.array([0, 1, 1]), np.array([2, 0, 4]), np.array([17, 5, 9]), np.array([True, False, True])))
    assert [[event.item_id for event in history] for history in clicks.histories] == [["17"], ["9"]]
    assert clicks.histories[0][0].type == "view_item" and len(clicks) == 2


def test_what_was_left_tires_and_what_earns_more_than_expected_is_worth_more():
    beliefs = Beliefs(2, 6)
    assert beliefs.tired(0, np.arange(6)).tolist() == [1.0] * 6
    for day in range(4):
        beliefs.learn(day, slots([0, 0, 1, 1], [1, 2, 1, 3], [False, True, False, True], day))
    tired_C = beliefs.tired(0, np.arange(6))
    assert tired_C[1] < 1.0 and set(np.delete(tired_C, 1)) == {1.0}
    assert beliefs.items.worths_I[2] > 1.0 > beliefs.items.worths_I[1]
    assert beliefs.doubts_I[5] > beliefs.doubts_I[2]
    assert beliefs.impressions_I.tolist() == [0, 8, 4, 4, 0, 0]


@pytest.mark.slow  # two trainings each
@pytest.mark.parametrize("policy", ["default", "thompson", "epsilon"])
def test_a_policy_serves_visitors_by_models_that_were_trained_on_its_own_slates(policy):
    result = loop(policy)
    assert list(result) == KEYS and len(result["daily"]) == 7
    assert 0.2 < result["reward"] < result["reward"] + result["regret"]


@pytest.mark.slow
def test_a_seed_gives_the_same_again_and_what_is_known_helps():
    assert loop("greedy", visitors=12, days=2) == loop("greedy", visitors=12, days=2)
    world = World(SCENARIOS["stable"], 60, 1, 3)
    maker, day = ForageMaker(world, "greedy", Shown(60, len(world.items)), 3), next(world.walk())
    codes_VK = maker.slates(day)
    assert codes_VK.shape == (60, SLATE_SIZE) and all(len(set(row)) == SLATE_SIZE for row in codes_VK.tolist())
    known = world.items.interest_I[codes_VK] == world.known_V[:, None]
    clickers = np.unique((seen := earlier_impressions(world, np.random.default_rng([3, 4]))).visitors_N[seen.clicked_N])
    assert known[clickers].mean() > 0.4  # of eight interests the one that a visitor showed


def test_the_oracle_needs_no_training():
    forage, counts = (
        loop("oracle", visitors=10, days=3),
        simulate(scenario="launches", policy="oracle", visitors=10, days=3, seed=1),
    )
    assert forage == counts
