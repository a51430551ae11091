"""The draw against a slow and literal reading of its definition."""

import math
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from recommender.errors import InputError
from recommender.slate import Knobs, Rule, SlateCandidates, make_slate, terms
from tests.recommender.slate.shops import candidates_of, permuted, profile_of

knob = st.sampled_from([0.0, 0.05, 0.3, 0.7, 1.0])
any_knobs = st.builds(Knobs, exploration=knob, diversity=knob, calibration=knob, novelty=knob, fairness=knob)


def fall(logs):
    logs = sorted(logs, reverse=True)
    falls = [logs[2**k - 1] - logs[2 ** (k + 1) - 1] for k in range(20) if 2 ** (k + 1) <= len(logs)]
    return max(statistics.median(falls) / math.log(2), 0.1)


def scores_by_definition(candidates, knobs, profile, chosen):
    """{index: (adjusted score, doubt)} of every remaining candidate."""
    best, logs = max(candidates.scores), [math.log(score / max(candidates.scores)) for score in candidates.scores]
    rare = [math.log((max(candidates.popularity) + 1) / (count + 1)) for count in candidates.popularity]
    log_fall, rare_fall, count = fall(logs), fall([-value for value in rare]), len(chosen)
    names = sorted(set(candidates.brands))
    shown = Counter(candidates.brands[index] for index in chosen)
    result = {}
    for index in set(range(len(candidates))) - set(chosen):
        score = max(math.log(candidates.scores[index] / best) / log_fall, -8)
        score += knobs.novelty * min(rare[index] / rare_fall, 8)
        if chosen:
            near = [
                round(float(candidates.vectors[index] @ candidates.vectors[other]) * terms.NEARNESS_STEPS)
                / terms.NEARNESS_STEPS
                for other in chosen
            ]
            score -= 6 * knobs.diversity * sum(near) / count
        if knobs.calibration:
            gain = -divergence_at(chosen, [*chosen, index], candidates, profile)
            score += 2 * knobs.calibration * (count + 1) * gain
        lacking = (count + 1) / len(names) - shown[candidates.brands[index]]
        score += 4 * knobs.fairness * min(max(lacking, -1), 1)
        doubt = 1 / math.sqrt(1 + candidates.impressions[index] / 50)
        doubt *= 1 if candidates.age_days[index] <= 90 else 0.3
        result[index] = (score, doubt)
    return result


def better(behind, deviation):
    return statistics.NormalDist().cdf(behind / max(deviation, 1e-9))


def divergence_at(before, after, candidates, profile):
    """KL after adding the item, less KL after adding one of no category: what its category brings."""
    counts = Counter(candidates.categories[index] for index in before)
    added = candidates.categories[after[-1]]
    total = 0.0
    for name, share in profile.items():
        held = 0.99 * counts[name] / len(after) + 0.01 * share
        if name == added and share > 0:
            total += share * (math.log(share / (held + 0.99 / len(after))) - math.log(share / held))
    return total


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 25), knobs=any_knobs)
@example(seed=0, count=2, knobs=Knobs(exploration=0.05, novelty=1.0))  # two items that tie
def test_every_propensity_is_the_chance_to_be_better_than_the_best_of_what_remains(seed, count, knobs):
    candidates, profile = candidates_of(seed, count), profile_of(seed)
    slate = make_slate(candidates, knobs, 6, profile=profile, rng=np.random.default_rng(seed))
    chosen = []
    for index, propensity, explored in zip(slate.indices, slate.propensities, slate.explored, strict=True):
        scores = scores_by_definition(candidates, knobs, profile, chosen)
        top = max(score for score, _ in scores.values())
        if knobs.exploration == 0:
            assert scores[index][0] == pytest.approx(top, abs=1e-9) and propensity == 1.0 and not explored
        else:
            scale = 2 * math.sqrt(knobs.exploration)
            chance = {i: better(score - top, scale * doubt) for i, (score, doubt) in scores.items()}
            floor = knobs.explore_floor / len(scores)
            by_chance = (1 - knobs.explore_floor) * chance[index] / sum(chance.values())
            assert propensity == pytest.approx(by_chance + floor, rel=1e-6)
            assert explored == (scores[index][0] < top - 1e-9)
        chosen.append(int(index))


def test_propensities_of_all_possible_slates_sum_to_one():
    candidates, knobs = candidates_of(3, count=4), Knobs(exploration=0.8, diversity=0.5)
    rng, seen = np.random.default_rng(0), {}
    for _ in range(3000):
        slate = make_slate(candidates, knobs, 2, rng=rng)
        seen[tuple(slate.indices)] = float(np.prod(slate.propensities))
    assert sum(seen.values()) == pytest.approx(1.0, abs=1e-3)


def test_items_appear_as_often_as_their_propensities_say():
    candidates, knobs, draws = candidates_of(4, count=6), Knobs(exploration=0.7, diversity=0.4, novelty=0.2), 4000
    rng, counts, chances = np.random.default_rng(1), Counter(), {}
    for _ in range(draws):
        slate = make_slate(candidates, knobs, 2, rng=rng)
        pair = tuple(slate.indices)
        counts[pair] += 1
        chances[pair] = float(np.prod(slate.propensities))
    for pair, chance in chances.items():
        spread = math.sqrt(chance * (1 - chance) / draws)
        assert abs(counts[pair] / draws - chance) < 4.5 * spread + 1e-3


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), knobs=any_knobs)
def test_the_order_of_the_candidates_does_not_matter(seed, knobs):
    candidates = candidates_of(seed, count=20)
    order = np.random.default_rng(seed + 1).permutation(20)
    pin = [Rule.from_dict({"kind": "pin", "match": {"brand": "brand-1"}, "position": 2})]
    arguments = {"rules": pin, "profile": profile_of(seed)}
    first = make_slate(candidates, knobs, 8, rng=np.random.default_rng(7), **arguments)
    other = make_slate(permuted(candidates, order), knobs, 8, rng=np.random.default_rng(7), **arguments)
    assert first.indices.tolist() == order[other.indices].tolist()
    assert first.propensities == pytest.approx(other.propensities)


def test_ties_are_broken_the_same_way_everywhere_and_not_by_id():
    ids = [f"{number:03}" for number in range(40)]
    candidates = SlateCandidates(item_ids=ids, scores=np.full(40, 0.5))
    shuffled = permuted(candidates, np.random.default_rng(0).permutation(40))
    first = [candidates.item_ids[i] for i in make_slate(candidates, Knobs(), 10).indices]
    assert first == [shuffled.item_ids[i] for i in make_slate(shuffled, Knobs(), 10).indices]
    assert first != sorted(first) and first != sorted(first, reverse=True)


@pytest.mark.parametrize(
    "change", [lambda s: s * 0.001, lambda s: s**3, lambda s: s**0.5], ids=["scale", "sharper", "flatter"]
)
def test_a_temperature_means_the_same_for_every_shop(change):
    candidates = candidates_of(5)
    columns = {name: value for name, value in vars(candidates).items() if name != "scores"}
    other = SlateCandidates(**columns, scores=change(candidates.scores))
    for seed in range(5):
        slates = [
            make_slate(c, Knobs(exploration=0.5), 8, rng=np.random.default_rng(seed)) for c in (candidates, other)
        ]
        assert slates[0].indices.tolist() == slates[1].indices.tolist()
        assert slates[0].propensities == pytest.approx(slates[1].propensities, rel=1e-6)


def test_one_variant_of_a_product_is_enough():
    plain = candidates_of(6, count=12)
    columns = {name: value for name, value in vars(plain).items() if name != "groups"}
    candidates = SlateCandidates(**columns, groups=["a", "a", "a", "b", "b", None, None, "", "", "c", "c", "d"])
    for seed in range(20):
        slate = make_slate(candidates, Knobs(exploration=1), 12, rng=np.random.default_rng(seed))
        groups = [candidates.groups[index] for index in slate.indices]
        assert len(slate.indices) == 8 and max(Counter(filter(None, groups)).values()) == 1


def test_without_exploration_the_best_items_come_first_and_nothing_is_random():
    candidates = candidates_of(8)
    slate = make_slate(candidates, Knobs(), 5)
    assert slate.indices.tolist() == np.argsort(-candidates.scores)[:5].tolist()
    assert slate.temperature == 0 and slate.propensities.tolist() == [1.0] * 5


def test_of_equally_good_items_none_is_explored():
    candidates = SlateCandidates(item_ids=["a", "b", "c"], scores=np.array([0.5, 0.5, 0.499]))
    rng = np.random.default_rng(0)
    drawn = [make_slate(candidates, Knobs(exploration=1.0), 1, rng=rng) for _ in range(200)]
    told = {(int(slate.indices[0]), bool(slate.explored[0])) for slate in drawn}
    assert told == {(0, False), (1, False), (2, True)}


def test_new_and_little_shown_items_get_more_chances():
    """Of two that the model thinks a little less of, only the one of which nothing is known is tried."""
    scores, shown, age = np.linspace(0.6, 0.5, 20), np.full(20, 5000.0), np.full(20, 10.0)
    shown[3], shown[4], age[4] = 0.0, 0.0, 100.0
    candidates = SlateCandidates(item_ids=[str(i) for i in range(20)], scores=scores, impressions=shown, age_days=age)
    rng = np.random.default_rng(0)
    first = Counter(int(make_slate(candidates, Knobs(exploration=0.3), 1, rng=rng).indices[0]) for _ in range(300))
    assert first[3] > 80 and first[4] < first[3] / 2
    assert first[0] > 60


def believed(doubts, worths=None, fatigue=None, scores=(1.0, 0.8, 0.6, 0.4)):
    columns = {"doubts": np.array(doubts, dtype=float)}
    columns |= {name: np.array(values) for name, values in (("worths", worths), ("fatigue", fatigue)) if values}
    return SlateCandidates(item_ids=list("abcd"[: len(scores)]), scores=np.array(scores), **columns)


def chances(candidates, knobs, draws=400):
    rng = np.random.default_rng(0)
    found = Counter(int(make_slate(candidates, knobs, 1, rng=rng).indices[0]) for _ in range(draws))
    return [found[index] / draws for index in range(len(candidates))]


def test_what_is_known_takes_no_place_from_a_better_one():
    assert chances(believed([0.0] * 4), Knobs(exploration=1.0, explore_floor=0.0)) == [1.0, 0.0, 0.0, 0.0]


def test_of_what_is_equally_uncertain_the_one_that_could_be_good_is_tried_more():
    found = chances(believed([0.0, 0.5, 0.5, 0.5]), Knobs(exploration=0.2))
    assert found[1] > found[2] > found[3] and found[0] > found[1] > 0.1


def test_an_item_is_tried_until_it_is_known():
    found = [chances(believed([0.0, 0.0, doubt, 0.0]), Knobs(exploration=0.2))[2] for doubt in (0.8, 0.4, 0.2, 0.05)]
    assert found == sorted(found, reverse=True) and found[0] > 0.1 and found[-1] < 0.02


def test_what_is_believed_of_item_and_visitor_enters_the_order():
    assert make_slate(believed([0] * 4, worths=[1.0, 1.0, 2.0, 1.0]), Knobs(), 2).indices.tolist() == [2, 0]
    tired = believed([0] * 4, fatigue=[0.5, 1.0, 1.0, 1.0])
    assert make_slate(tired, Knobs(fatigue=1.0), 2).indices.tolist() == [1, 2]
    assert make_slate(tired, Knobs(fatigue=0.7), 2).indices.tolist() == [1, 0]  # 0.5 ** 0.7 is 0.62
    assert make_slate(tired, Knobs(), 2).indices.tolist() == [0, 1]


def test_the_floor_gives_every_candidate_a_chance_that_is_exact():
    candidates, knobs = believed([0.0] * 4), Knobs(exploration=0.5, explore_floor=0.4)
    rng = np.random.default_rng(1)
    slates = [make_slate(candidates, knobs, 2, rng=rng) for _ in range(300)]
    first = {(int(slate.indices[0]), round(float(slate.propensities[0]), 12)) for slate in slates}
    assert first == {(0, 0.7), (1, 0.1), (2, 0.1), (3, 0.1)}
    assert make_slate(candidates, Knobs(explore_floor=0.4), 4).indices.tolist() == [0, 1, 2, 3]


@pytest.mark.slow
def test_hundred_thousand_slates_are_as_frequent_as_their_propensities_say():
    """Pearson's χ² over all slates of two from six candidates, floor, variants and every knob in it."""
    plain, draws = candidates_of(4, count=6), 100_000
    columns = {name: value for name, value in vars(plain).items() if name not in ("groups", "doubts")}
    doubts = np.array([0.3, 0.0, 0.5, np.nan, 0.2, 0.4])
    candidates = SlateCandidates(**columns, groups=["x", "x", None, None, None, None], doubts=doubts)
    knobs = Knobs(exploration=0.6, diversity=0.4, calibration=0.3, novelty=0.2, explore_floor=0.05)
    rng, counts, odds = np.random.default_rng(1), Counter(), {}
    for _ in range(draws):
        slate = make_slate(candidates, knobs, 2, profile=profile_of(4), rng=rng)
        pair = tuple(slate.indices.tolist())
        counts[pair] += 1
        odds[pair] = float(np.prod(slate.propensities))
    assert sum(odds.values()) == pytest.approx(1.0, abs=1e-9)  # every slate that can be was drawn
    expected = {pair: draws * chance for pair, chance in odds.items()}
    statistic = sum((counts[pair] - many) ** 2 / many for pair, many in expected.items())
    assert min(expected.values()) > 5
    assert 0.001 < chi2.sf(statistic, len(expected) - 1) < 0.999


def test_candidates_with_no_relevance_at_all_still_make_a_slate():
    candidates = SlateCandidates(item_ids=["a", "b", "c"], scores=np.zeros(3))
    assert sorted(make_slate(candidates, Knobs(exploration=0.5), 8, rng=np.random.default_rng(0)).indices) == [0, 1, 2]
    nothing = SlateCandidates(item_ids=[], scores=np.zeros(0))
    assert len(make_slate(nothing, Knobs(exploration=0.5, diversity=1), 8).indices) == 0


@pytest.mark.parametrize(
    "columns",
    [
        {"item_ids": ["a", "a"], "scores": np.ones(2)},
        {"item_ids": ["a", "b"], "scores": np.ones(3)},
        {"item_ids": ["a"], "scores": np.ones(1), "doubts": np.array([-0.1])},
        {"item_ids": ["a"], "scores": np.ones(1), "worths": np.array([np.inf])},
        {"item_ids": ["a"], "scores": np.ones(1), "fatigue": np.array([-1.0])},
        {"item_ids": ["a"], "scores": np.array([-1.0])},
        {"item_ids": ["a"], "scores": np.array([np.nan])},
        {"item_ids": ["a"], "scores": np.ones(1), "vectors": np.array([[np.inf]])},
        {"item_ids": ["a"], "scores": np.ones(1), "brands": ["x", "y"]},
    ],
)
def test_inconsistent_candidates_are_refused(columns):
    with pytest.raises(InputError):
        SlateCandidates(**columns)
