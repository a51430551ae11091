import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from recommender.cli import main
from recommender.errors import InputError
from recommender.off_policy import PolicyLog, effective_sample, estimate
from tests.recommender.off_policy.logs import RATES_A, log_of

FILE = Path(__file__).parents[2] / "golden" / "golden_ope.json"
GOLDEN = json.loads(FILE.read_text())
UNIFORM, EAGER = np.full(4, 0.25), np.array([0.1, 0.1, 0.2, 0.6])


def run(tmp_path, capsys, document):
    file = tmp_path / "log.json"
    file.write_text(json.dumps(document))
    return main(["off-policy", "--input", str(file)]), capsys.readouterr()


def test_the_command_gives_the_golden_figures(tmp_path, capsys):
    document = {name: GOLDEN[name] for name in ("action", "reward", "pscore", "pi_e", "q_hat")}
    code, printed = run(tmp_path, capsys, document)
    answer = json.loads(printed.out)
    assert code == 0 and list(answer) == list(GOLDEN["expected"])
    assert answer == pytest.approx(GOLDEN["expected"], rel=1e-9)


@pytest.mark.parametrize("name", ["ips", "snips", "dr", "sndr"])
def test_unbiased_estimators_find_the_truth_on_average(name):
    truth = float(EAGER @ RATES_A)
    values = [getattr(estimate(log_of(seed, 2000, UNIFORM, EAGER)), name) for seed in range(40)]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - truth) < 3.5 * error


def test_a_model_alone_is_as_wrong_as_the_model_and_the_log_mends_it():
    estimates, truth = estimate(log_of(0, 50_000, UNIFORM, EAGER)), float(EAGER @ RATES_A)
    assert estimates.dm == pytest.approx(1.5 * truth + 0.02)
    assert abs(estimates.dr - truth) < 0.02 < estimates.dm - truth


def test_slope_clips_less_where_clipping_hides_a_gain():
    sharp = np.array([0.01, 0.01, 0.01, 0.97])
    rates = np.array([0.01, 0.01, 0.01, 0.9])
    log = log_of(1, 100_000, [0.32, 0.32, 0.32, 0.04], sharp, rates)
    blind = PolicyLog(log.action_N, log.reward_N, log.pscore_N, log.pi_e_NA, np.zeros_like(log.q_hat_NA))
    assert estimate(blind).dr_slope_lambda >= 20
    assert estimate(blind).dr_slope == pytest.approx(float(sharp @ rates), abs=0.03)


def test_the_effective_sample_is_the_whole_log_when_both_policies_agree_and_shrinks_as_they_differ():
    assert estimate(log_of(2, 500, UNIFORM, UNIFORM)).ess == pytest.approx(500)
    assert effective_sample(np.array([1.0, 0.0, 0.0])) == 1.0
    assert effective_sample(np.zeros(3)) == 0.0


def test_a_log_without_any_overlap_gives_figures_and_not_nan():
    log = log_of(3, 100, [1, 0, 0, 0], [0, 0, 0, 1])
    assert all(np.isfinite(value) for value in asdict(estimate(log)).values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", [0, 9]),
        ("action", [0, -1]),
        ("action", [0, 0.5]),
        ("reward", [1]),
        ("pscore", [0.0, 0.5]),
        ("pscore", [1.5, 0.5]),
        ("pi_e", [[0.5, 0.6], [0.5, 0.5]]),
        ("pi_e", [[0.5, 0.5]]),
        ("pi_e", [[0.5, 0.5], [1.0]]),
        ("q_hat", [[0.1], [0.1]]),
        ("q_hat", None),
        ("colour", 1),
    ],
)
def test_bad_logs_are_refused_by_field(tmp_path, capsys, field, value):
    good = {
        "action": [0, 1],
        "reward": [0, 1],
        "pscore": [0.5, 0.5],
        "pi_e": [[0.5, 0.5]] * 2,
        "q_hat": [[0.1, 0.1]] * 2,
    }
    code, printed = run(tmp_path, capsys, good | {field: value})
    assert code == 2 and field in printed.err and printed.out == ""


def test_one_decision_is_no_log():
    with pytest.raises(InputError, match="two decisions"):
        log_of(0, 1, UNIFORM, EAGER)
