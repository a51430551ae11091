import numpy as np
import pytest

from recommender.errors import InputError
from recommender.simulation import POLICIES, SCENARIOS, simulate
from recommender.simulation.world import World

KEYS = ["reward", "regret", "interests_discovered", "coverage", "days_to_audience", "daily"]


def loop(policy, scenario="drift", visitors=40, days=12, seed=0):
    return simulate(scenario=scenario, policy=policy, visitors=visitors, days=days, seed=seed)


@pytest.fixture(scope="module", params=SCENARIOS)
def results(request):
    return {policy: loop(policy, request.param) for policy in POLICIES}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_seed_gives_the_same_result_again(policy):
    assert loop(policy, visitors=8, days=3, seed=5) == loop(policy, visitors=8, days=3, seed=5)


def test_another_seed_gives_another_result():
    assert loop("greedy", seed=1) != loop("greedy", seed=2)


def test_the_oracle_earns_at_least_what_any_policy_earns_on_every_day(results):
    for result in results.values():
        for ours, best in zip(result["daily"], results["oracle"]["daily"], strict=True):
            assert ours["reward"] <= best["reward"] + 1e-9


def test_reward_and_regret_make_up_what_the_oracle_earns(results):
    assert results["oracle"]["regret"] == 0
    for result in results.values():
        assert result["reward"] + result["regret"] == pytest.approx(results["oracle"]["reward"])


def test_every_policy_earns_more_than_items_drawn_at_random(results):
    world = World(SCENARIOS["stable"], 40, 1, 0)
    day = next(world.walk())
    codes = np.random.default_rng(0).integers(0, day.on_sale, (40, 500))
    rendered = day.rendered_VK.mean() * day.rendered_VK.shape[1]
    at_random = world.click_probability(day.taste_VT, codes).mean() * rendered
    assert all(result["reward"] > 1.2 * at_random for result in results.values())


def test_the_learner_gets_better_with_what_it_saw():
    for policy in ("greedy", "thompson"):
        daily = [day["reward"] for day in loop(policy, "stable", visitors=100, days=30)["daily"]]
        assert np.mean(daily[-5:]) > 1.1 * np.mean(daily[:5])


@pytest.mark.parametrize("seed", range(5))
def test_exploration_finds_more_interests_than_greed_when_tastes_move(seed):
    found = {
        policy: loop(policy, visitors=200, days=30, seed=seed)["interests_discovered"]
        for policy in ("greedy", "epsilon", "thompson")
    }
    assert found["greedy"] < found["epsilon"] < found["thompson"]


def test_the_default_policy_finds_more_interests_than_greed_at_little_cost():
    greedy, default = (loop(policy, visitors=60, days=20, seed=3) for policy in ("greedy", "default"))
    assert default["interests_discovered"] > greedy["interests_discovered"]
    assert default["reward"] > 0.93 * greedy["reward"]


def test_exploration_finds_new_items_an_audience_sooner():
    greedy, thompson = (loop(policy, visitors=200, days=20) for policy in ("greedy", "thompson"))
    assert 1 <= thompson["days_to_audience"] < greedy["days_to_audience"] <= 10


def test_a_result_holds_shares_and_a_row_for_every_day(results):
    for result in results.values():
        assert list(result) == KEYS
        assert [day["day"] for day in result["daily"]] == list(range(1, 13))
        for entry in (result, *result["daily"]):
            assert 0 <= entry["interests_discovered"] <= 1
            assert 0 < entry["coverage"] <= 1
        found = [day["items"] for day in result["daily"]]
        assert found == sorted(found)
        assert found[-1] > found[0]


def test_tastes_stay_in_a_stable_world_and_move_in_a_drifting_one():
    tastes = {name: [day.taste_VT for day in World(SCENARIOS[name], 50, 20, 0).walk()] for name in SCENARIOS}
    assert (tastes["stable"][0] == tastes["stable"][-1]).all()
    assert (tastes["drift"][0] != tastes["drift"][-1]).any()
    assert ((tastes["drift"][0] > 0).sum(axis=1) == (tastes["drift"][-1] > 0).sum(axis=1)).all()


def test_one_visitor_and_one_day_are_enough():
    result = loop("default", visitors=1, days=1)
    assert result["days_to_audience"] is None
    assert len(result["daily"]) == 1


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"scenario": "calm"}, "scenario"),
        ({"policy": "best"}, "policy"),
        ({"visitors": 0}, "visitors"),
        ({"visitors": 10**9}, "visitors"),
        ({"days": 0}, "days"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_simulated_is_named(changed, named):
    with pytest.raises(InputError, match=f"^{named}: "):
        loop(**({"policy": "greedy"} | changed))
