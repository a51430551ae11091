"""Team draft: the teams take turns, the propensities are exact, and pins and products hold as in any slate."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from recommender.slate import Knobs, Rule, SlateCandidates, chances_of
from recommender.slate.interleaving import NOBODY, Side, interleave

IDS = ["mug", "jug", "tray", "lamp", "rug", "pan"]
OF_A = np.array([0.30, 0.25, 0.20, 0.12, 0.08, 0.05])
OF_B = OF_A[::-1].copy()


def side(scores, ids=IDS, exploration=0.0, rules=(), **fields):
    candidates = SlateCandidates(item_ids=ids, scores=np.asarray(scores, float), **fields)
    return Side(candidates, Knobs.from_dict({"exploration": exploration}), rules)


def drafts(a, b, n, times, seed=1):
    rng = np.random.default_rng(seed)
    return [interleave(a, b, n, rng=rng) for _ in range(times)]


def test_each_team_picks_its_best_of_what_is_left_and_a_coin_says_who_begins():
    for picks in drafts(side(OF_A), side(OF_B), 4, 40):
        assert {picks[0].team, picks[1].team} == {picks[2].team, picks[3].team} == {"A", "B"}
        of = {team: [pick.item_id for pick in picks if pick.team == team] for team in "AB"}
        assert of == {"A": ["mug", "jug"], "B": ["pan", "rug"]}


def test_either_begins_as_often():
    firsts = Counter(picks[0].team for picks in drafts(side(OF_A), side(OF_B), 2, 2_000))
    assert abs(firsts["A"] - 1_000) < 4 * 22.4  # standard deviations of 2,000 tosses


@pytest.mark.parametrize(("of_a", "of_b"), [(0.6, 0.6), (0.8, 0.0), (0.0, 0.0)])
def test_the_propensities_are_those_of_the_slates_that_come(of_a, of_b):
    """Whoever began: a slate has one probability, and comes as often."""
    ids, times = IDS[:4], 30_000
    a, b = side([0.4, 0.3, 0.2, 0.1], ids, of_a), side([0.1, 0.2, 0.4, 0.3], ids, of_b)
    told, came = defaultdict(set), Counter()
    for picks in drafts(a, b, 3, times):
        slate = tuple(pick.item_id for pick in picks)
        told[slate].add(round(float(np.prod([pick.propensity for pick in picks])), 12))
        came[slate] += 1
    assert all(len(values) == 1 for values in told.values())
    chances = {slate: values.pop() for slate, values in told.items()}
    assert sum(chances.values()) == pytest.approx(1.0, abs=0.01), "slates that never came are rare"
    for slate, chance in chances.items():
        deviation = (times * chance * (1.0 - chance)) ** 0.5
        assert abs(came[slate] - times * chance) <= 4.5 * deviation + 1e-9, slate


def test_of_two_that_are_the_same_the_propensities_are_those_of_one():
    both = side(OF_A, exploration=0.5)
    for picks in drafts(both, both, 5, 20):
        shown = [pick.index for pick in picks]
        alone = chances_of(both.candidates, both.knobs, shown, 5)
        assert [pick.propensity for pick in picks] == pytest.approx(alone.tolist(), rel=1e-9)


def test_a_pin_stands_where_it_stands_and_is_nobodys():
    pin = Rule.from_dict({"kind": "pin", "match": {"item_id": "lamp"}, "position": 2})
    for picks in drafts(side(OF_A, rules=[pin]), side(OF_B, rules=[pin]), 4, 20):
        assert (picks[1].item_id, picks[1].team, picks[1].propensity) == ("lamp", NOBODY, 1.0)
        assert [pick.item_id for pick in picks].count("lamp") == 1
        assert {picks[0].team, picks[2].team} == {"A", "B"}


def test_one_variant_of_a_product_even_where_the_other_side_knows_another_one():
    groups = ["cup", None, None, None, None, None]
    others = ["cup-blue", "jug", "tray", "lamp", "rug", "pan"]
    a, b = side(OF_A, groups=groups), side(OF_A, others, groups=groups)
    for picks in drafts(a, b, 6, 20):
        shown = [pick.item_id for pick in picks]
        assert len({"mug", "cup-blue"} & set(shown)) == 1
        assert len(set(shown)) == len(shown)


def test_where_one_has_nothing_left_the_other_goes_on_alone():
    only = Rule.from_dict({"kind": "include_only", "match": {"item_id": ["mug", "pan"]}})
    for picks in drafts(side(OF_A, rules=[only]), side(OF_B), 6, 30):
        assert sorted(pick.item_id for pick in picks) == sorted(IDS)
        chosen = [pick.item_id for pick in picks if pick.team == "A"]
        assert set(chosen) <= {"mug", "pan"}
        assert np.prod([pick.propensity for pick in picks]) > 0


def test_of_nothing_nothing_comes():
    nothing = side([], [])
    assert interleave(nothing, nothing, 4, rng=np.random.default_rng(1)) == ()
