"""Estimates per slate: against a literal reading, and against the truth of walks that can be counted out."""

import itertools
import json

import numpy as np
import pytest

from recommender.cli import main
from recommender.errors import InputError
from recommender.off_policy import (
    SlateLog,
    change_by_doubly_robust,
    change_by_snips,
    doubly_robust_of_slates,
    fit_rewards,
    floor_that_would_do,
    judge_slates,
    snips_of_slates,
)
from recommender.off_policy.floors import FLOORS

PLACES, ITEMS = 3, 4
CLICKS_AK = np.array([[0.6, 0.3, 0.2], [0.3, 0.25, 0.1], [0.5, 0.1, 0.3], [0.1, 0.2, 0.05]])


def chances(logits_A, taken):
    """Of the next item, given those before it: softmax over what is left, less of what is like the last one."""
    logits = np.array(logits_A, float)
    if taken:
        logits = logits - 0.5 * (np.arange(ITEMS) == (taken[-1] + 1) % ITEMS)
    logits[list(taken)] = -np.inf
    odds = np.exp(logits)
    return odds / odds.sum()


def walks(logits_A):
    """Every slate with its conditional chances (K,)."""
    for slate in itertools.permutations(range(ITEMS), PLACES):
        yield slate, [chances(logits_A, slate[:k])[slate[k]] for k in range(PLACES)]


SERVED, JUDGED = [1.0, 0.4, 0.0, -0.3], [0.2, 0.6, 0.7, 0.0]
TABLE = {slate: (np.array(served), np.array(dict(walks(JUDGED))[slate])) for slate, served in walks(SERVED)}
SLATES = list(TABLE)
CHANCE_S = np.array([served.prod() for served, _ in TABLE.values()])
TRUTH = sum(judged.prod() * CLICKS_AK[list(slate), range(PLACES)].sum() for slate, (_, judged) in TABLE.items())
MODEL_AK = CLICKS_AK * 0.7 + 0.05  # of rewards: wrong, as models are


def log_of(rng, count, *, units=None):
    """Slates of the policy SERVED, clicked by chance; units: visitors who come several times."""
    picked = rng.choice(len(SLATES), count, p=CHANCE_S)
    shown_NK = np.array(SLATES)[picked]
    served_NK, judged_NK = (np.array([TABLE[SLATES[row]][which] for row in picked]) for which in (0, 1))
    model_NK = MODEL_AK[shown_NK, np.arange(PLACES)]
    expected_NK = np.array(
        [[chances(JUDGED, SLATES[row][:k]) @ MODEL_AK[:, k] for k in range(PLACES)] for row in range(len(SLATES))]
    )[picked]
    clicked_NK = (rng.random(shown_NK.shape) < CLICKS_AK[shown_NK, np.arange(PLACES)]).astype(float)
    unit_N = np.arange(count) if units is None else rng.integers(0, units, count)
    return SlateLog(clicked_NK, served_NK, judged_NK, model_NK, expected_NK, unit_N)


@pytest.mark.parametrize("estimator", [snips_of_slates, doubly_robust_of_slates])
def test_the_intervals_hold_the_truth_as_often_as_they_say(estimator):
    rng = np.random.default_rng(21)
    found = [estimator(log_of(rng, 400)) for _ in range(500)]
    held = np.mean([low <= TRUTH <= high for low, high in (estimate.interval for estimate in found)])
    assert 0.93 <= held <= 0.97
    values = np.array([estimate.value for estimate in found])
    assert abs(values.mean() - TRUTH) < 4 * values.std() / np.sqrt(len(values))


def test_the_policy_that_served_is_judged_by_what_it_earned():
    log = log_of(np.random.default_rng(3), 2_000)
    same = SlateLog(log.reward_NK, log.logged_NK, log.logged_NK, log.q_shown_NK, log.q_shown_NK, log.unit_N)
    verdict = judge_slates(same)
    assert verdict.reason == "enough"
    assert verdict.snips.value == pytest.approx(verdict.today.value) == pytest.approx(log.reward_NK.sum(1).mean())
    assert verdict.effective == pytest.approx(2_000) and verdict.covered == pytest.approx(1.0)


def test_the_figures_are_those_of_a_literal_reading():
    log = log_of(np.random.default_rng(5), 50)
    snips = mended = 0.0
    for k in range(PLACES):
        above = below = 0.0
        for n in range(50):
            weight = float(np.prod(log.judged_NK[n, : k + 1] / log.logged_NK[n, : k + 1]))
            before = float(np.prod(log.judged_NK[n, :k] / log.logged_NK[n, :k]))
            above, below = above + weight * log.reward_NK[n, k], below + weight
            mended += (before * log.q_judged_NK[n, k] + weight * (log.reward_NK[n, k] - log.q_shown_NK[n, k])) / 50
        snips += above / below
    assert snips_of_slates(log).value == pytest.approx(snips, rel=1e-12)
    assert doubly_robust_of_slates(log).value == pytest.approx(mended, rel=1e-12)


def test_slates_of_one_visitor_count_as_one():
    """Each slate ten times over, ten times the rows: no wider knowledge, so no narrower interval."""
    log = log_of(np.random.default_rng(6), 300)
    ten = {name: np.repeat(getattr(log, name), 10, axis=0) for name in vars(log)}
    for estimator in (snips_of_slates, doubly_robust_of_slates):
        assert estimator(SlateLog(**ten)).interval == pytest.approx(estimator(log).interval)


def test_shorter_slates_earn_nothing_where_they_have_no_place():
    log = log_of(np.random.default_rng(7), 400)
    gone = np.arange(400) % 4 == 0
    cut = {
        name: np.where(gone[:, None] & (np.arange(PLACES) == 2), np.nan, getattr(log, name))
        for name in vars(log)
        if name != "unit_N"
    }
    full, short = (
        judge_slates(log, min_effective=50),
        judge_slates(SlateLog(**cut, unit_N=log.unit_N), min_effective=50),
    )
    assert short.today.value < full.today.value
    assert short.snips.value == pytest.approx(short.dr.value, abs=0.15)


def test_too_few_slates_are_refused_with_how_many_more_would_do():
    log = log_of(np.random.default_rng(8), 300)
    verdict = judge_slates(log)
    assert (verdict.reason, verdict.snips, verdict.dr) == ("little_data", None, None)
    assert verdict.more_needed == pytest.approx(300 * (1000 / verdict.effective - 1), abs=1)
    assert judge_slates(log_of(np.random.default_rng(9), 300 + verdict.more_needed)).effective > 800


def test_what_was_never_shown_is_refused_whatever_the_size():
    log = log_of(np.random.default_rng(10), 3_000)
    elsewhere = SlateLog(log.reward_NK, log.logged_NK, log.judged_NK * 0.2, log.q_shown_NK, log.q_judged_NK, log.unit_N)
    verdict = judge_slates(elsewhere)
    assert (verdict.reason, verdict.more_needed) == ("not_covered", None)
    assert verdict.covered < 0.1


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("logged_NK", lambda values: values * 0, "logged: must be probabilities, above 0"),
        ("judged_NK", lambda values: values + 1, "judged: must be probabilities"),
        ("q_shown_NK", lambda values: values[:, :2], "q_shown: must have a number"),
        ("reward_NK", lambda values: np.where(np.arange(PLACES) == 1, np.nan, values), "no gap"),
        ("unit_N", lambda values: values[:-1], "unit: must have one entry"),
    ],
)
def test_a_log_that_cannot_be_names_its_field(name, change, message):
    log = log_of(np.random.default_rng(11), 20)
    with pytest.raises(InputError, match=message):
        SlateLog(**{**vars(log), name: change(getattr(log, name))})


def test_the_command_says_the_same_of_an_exported_log(tmp_path, capsys):
    """Decisions of all slates mixed up, as rows of a table come; two actions are enough: what was shown, and others."""
    log = log_of(np.random.default_rng(12), 200, units=60)
    rows = np.random.default_rng(13).permutation(200)
    shown, judged = log.q_shown_NK, log.judged_NK
    rest = np.where(judged < 1, (log.q_judged_NK - judged * shown) / np.where(judged < 1, 1 - judged, 1), 0.0)
    decisions = [(n, k) for k in range(PLACES) for n in rows.tolist()]
    document = {
        "slate": [f"slate-{n}" for n, _ in decisions],
        "unit": [int(log.unit_N[n]) for n, _ in decisions],
        "action": [0] * len(decisions),
        "reward": [log.reward_NK[at] for at in decisions],
        "pscore": [log.logged_NK[at] for at in decisions],
        "pi_e": [[judged[at], 1 - judged[at]] for at in decisions],
        "q_hat": [[shown[at], rest[at]] for at in decisions],
    }
    file = tmp_path / "log.json"
    file.write_text(json.dumps(document))
    assert main(["off-policy", "--input", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)["slates"]
    for name, estimator in (("snips", snips_of_slates), ("dr", doubly_robust_of_slates)):
        assert told[name]["value"] == pytest.approx(estimator(log).value, rel=1e-9)
        assert told[name]["interval"] == pytest.approx(estimator(log).interval, rel=1e-9)
    assert told["reason"] == "little_data"
    assert told["today"]["value"] == pytest.approx(log.reward_NK.sum(axis=1).mean())


def test_the_command_names_a_slate_that_cannot_be(tmp_path, capsys):
    document = {"action": [0, 0], "reward": [1, 0], "pscore": [0.5, 0.5], "pi_e": [[1], [1]], "q_hat": [[0], [0]]}
    file = tmp_path / "log.json"
    file.write_text(json.dumps({**document, "slate": ["a"]}))
    assert main(["off-policy", "--input", str(file)]) == 2
    assert "slate: must be a list" in capsys.readouterr().err


def today_of(log):
    return SlateLog(log.reward_NK, log.logged_NK, log.logged_NK, log.q_shown_NK, log.q_shown_NK, log.unit_N)


EARNED = sum(served.prod() * CLICKS_AK[list(slate), range(PLACES)].sum() for slate, (served, _) in TABLE.items())


@pytest.mark.parametrize("change", [change_by_snips, change_by_doubly_robust])
def test_the_intervals_of_a_change_hold_it_as_often_as_they_say(change):
    rng = np.random.default_rng(31)
    logs = [log_of(rng, 400) for _ in range(500)]
    found = [change(log, today_of(log)).interval for log in logs]
    assert 0.93 <= np.mean([low <= TRUTH - EARNED <= high for low, high in found]) <= 0.97


def test_a_policy_that_hardly_differs_is_told_apart_by_the_same_slates():
    log = log_of(np.random.default_rng(8), 3_000)
    nearly_NK = 0.97 * log.logged_NK + 0.03 * log.judged_NK
    nearly = SlateLog(log.reward_NK, log.logged_NK, nearly_NK, log.q_shown_NK, log.q_judged_NK, log.unit_N)
    low, high = change_by_snips(nearly, today_of(log)).interval
    alone_low, alone_high = snips_of_slates(nearly).interval
    assert high - low < (alone_high - alone_low) / 5


def test_a_line_over_scores_predicts_each_half_by_the_other():
    rng = np.random.default_rng(9)
    score_NK = rng.random((4_000, 2))
    unit_N = np.arange(4_000)
    reward_NK = np.array([0.1, 0.4]) + np.array([0.5, -0.2]) * score_NK + np.where(unit_N % 2, 0.3, 0.0)[:, None]
    reward_NK[5, 1] = score_NK[5, 1] = np.nan
    model = fit_rewards(reward_NK, score_NK, unit_N)
    of_even = np.array([0.4, 0.7]) + np.array([0.5, -0.2]) * score_NK[0]  # by the odd ones, which have 0.3 more
    assert model.of(score_NK)[0] == pytest.approx(of_even, abs=1e-9)
    assert np.isnan(model.of(score_NK)[5, 1])


def log_with_floor(rng, count, floor):
    """Slates of a policy that is nearly sure of its items, and gives all that are left a share alike."""

    def served(taken):
        left = np.isin(np.arange(ITEMS), taken, invert=True)
        return (1.0 - floor) * chances([3.0, 1.5, 0.0, -1.5], taken) + floor * left / left.sum()

    slates = list(itertools.permutations(range(ITEMS), PLACES))
    by_slate = [[served(slate[:k])[slate[k]] for k in range(PLACES)] for slate in slates]
    picked = rng.choice(len(slates), count, p=np.prod(by_slate, axis=1))
    shown_NK = np.array(slates)[picked]
    judged_NK = np.array([TABLE[slates[row]][1] for row in picked])
    reward_NK = (rng.random(shown_NK.shape) < CLICKS_AK[shown_NK, np.arange(PLACES)]).astype(float)
    return SlateLog(reward_NK, np.array(by_slate)[picked], judged_NK, reward_NK, reward_NK, np.arange(count))


def test_the_floor_that_would_do_gives_what_was_promised():
    rng, count, wanted = np.random.default_rng(4), 20_000, 600
    thin = log_with_floor(rng, count, 0.002)
    left_NK = np.full((count, PLACES), ITEMS) - np.arange(PLACES)
    floor = floor_that_would_do(thin, left_NK, np.full(count, 0.002), slates=count, min_effective=wanted)
    worth = {tried: judge_slates(log_with_floor(rng, count, tried)).effective for tried in FLOORS}
    assert judge_slates(thin).effective < wanted / 2
    assert worth[floor] > 0.6 * wanted
    assert all(worth[tried] < 1.6 * wanted for tried in FLOORS if tried < floor)
    assert floor_that_would_do(thin, left_NK, np.full(count, 0.002), slates=count, min_effective=count) is None
