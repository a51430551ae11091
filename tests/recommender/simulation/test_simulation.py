import numpy as np
import pytest

from recommender.errors import InputError
from recommender.simulation import POLICIES, SCENARIOS, simulate
from recommender.simulation.scenarios import SCENARIOS as WORLDS
from recommender.simulation.scenarios import Scenario
from recommender.simulation.world import Shown, World

EXPLORING = ("greedy", "epsilon", "thompson")
COMPARED = ("greedy", "fatigue", "default")
KEYS = ["reward", "regret", "interests_discovered", "coverage", "days_to_audience", "daily"]


def loop(policy, scenario="drift", visitors=40, days=12, seed=0, **more):
    return simulate(scenario=scenario, policy=policy, visitors=visitors, days=days, seed=seed, **more)


@pytest.fixture(scope="module", params=SCENARIOS)
def results(request):
    return {policy: loop(policy, request.param) for policy in POLICIES}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_seed_gives_the_same_result_again(policy):
    assert loop(policy, visitors=8, days=3, seed=5) == loop(policy, visitors=8, days=3, seed=5)


def test_another_seed_gives_another_result():
    assert loop("greedy", seed=1) != loop("greedy", seed=2)


def test_the_oracle_earns_at_least_what_any_policy_earns(results):
    for result in results.values():
        assert result["reward"] <= results["oracle"]["reward"] + 1e-9
        assert result["daily"][0]["reward"] <= results["oracle"]["daily"][0]["reward"] + 1e-9


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
    assert all(result["reward"] > 1.1 * at_random for result in results.values())


def test_the_learner_gets_better_with_what_it_saw():
    for policy in ("greedy", "thompson"):
        daily = [day["reward"] for day in loop(policy, "stable", visitors=100, days=30)["daily"]]
        assert np.mean(daily[-5:]) > 1.1 * np.mean(daily[:5])


def test_exploration_of_everything_finds_more_interests_than_greed_when_tastes_move():
    found = {policy: loop(policy, visitors=200, days=30, seed=3)["interests_discovered"] for policy in EXPLORING}
    assert found["greedy"] < found["epsilon"] < found["thompson"]


def test_who_knows_how_visitors_tire_earns_more_where_they_do_and_the_same_where_they_do_not():
    tiring = {policy: loop(policy, "satiation", visitors=100, days=30)["reward"] for policy in ("greedy", "fatigue")}
    assert tiring["fatigue"] > 1.05 * tiring["greedy"]
    assert loop("fatigue", "drift") == loop("greedy", "drift")


def test_the_default_learns_that_visitors_tire_and_finds_new_items_an_audience_much_sooner():
    greedy, fatigue, default = (loop(policy, "satiation", visitors=100, days=35) for policy in COMPARED)
    assert fatigue["reward"] > greedy["reward"] and default["reward"] > 1.03 * greedy["reward"]
    assert default["days_to_audience"] < fatigue["days_to_audience"] / 3


def test_the_default_costs_little_where_nobody_tires():
    greedy, default = (loop(policy, "stable", visitors=100, days=30) for policy in ("greedy", "default"))
    assert default["reward"] > 0.93 * greedy["reward"]  # of a month; within two it comes back
    assert default["coverage"] > greedy["coverage"]


def test_a_visitor_tires_of_what_was_shown_and_recovers_by_half_in_three_days():
    world = World(SCENARIOS["satiation"], 2, 1, 0)
    shown, codes, rows = Shown(2, len(world.items)), np.array([[3], [3]]), np.array([1])
    shown.end_day(rows, np.array([3]))
    for _ in range(2):
        shown.end_day(rows[:0], rows[:0])
    fresh, tired = (world.click_probability(world.first_taste_VT, codes, times) for times in (0.0, shown.of(codes)))
    assert shown.of(codes).ravel() == pytest.approx([0.0, 0.5])
    assert (tired / fresh).ravel() == pytest.approx([1.0, np.exp(-0.15 * 0.5)])


def test_worlds_are_what_the_documentation_says():
    assert {name: (world.arrivals, world.tiring) for name, world in WORLDS.items()} == {
        "stable": (0.5, False),
        "drift": (3.0, False),
        "satiation": (3.0, True),
        "launches": (5.0, True),
        "seasonal": (3.0, True),
    }
    assert (World(WORLDS["launches"], 1, 60, 0).items.arrival_I <= 0).sum() == 160


def test_demand_follows_the_months_only_where_there_are_seasons():
    christmas = [WORLDS["seasonal"].demand(day)[2] for day in (0, 20, 40, 365)]
    assert christmas[0] < christmas[1] < christmas[2] and christmas[3] == pytest.approx(christmas[0], abs=0.05)
    assert (Scenario(arrivals=1.0, moves=0.0).demand(100) == 1.0).all()


def test_a_dear_item_is_clicked_less_and_never_more_than_surely():
    world = World(SCENARIOS["stable"], 200, 1, 0)
    codes = np.broadcast_to(np.arange(160), (200, 160))
    world.items.quality_I[:] = 1.0
    chance = world.click_probability(np.ones((200, 8)), codes)
    order = np.argsort(world.items.price_I[:160])
    assert chance[:, order[:20]].mean() > 1.2 * chance[:, order[-20:]].mean()
    assert chance.max() <= 0.95


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
        ({"learner": "guesses"}, "learner"),
        ({"visitors": 0}, "visitors"),
        ({"visitors": 10**9}, "visitors"),
        ({"days": 0}, "days"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_simulated_is_named(changed, named):
    with pytest.raises(InputError, match=f"^{named}: "):
        loop(**({"policy": "greedy"} | changed))
