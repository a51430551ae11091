"""The engine's figures, computed elsewhere with gbstats, scipy and statsmodels (tests/golden/golden_ab.json)."""

import json
from pathlib import Path

import pytest

from recommender.cli import main
from recommender.statistics import holm, sample_size_per_arm, srm_p

FILE = Path(__file__).parents[2] / "golden" / "golden_ab.json"
GOLDEN = json.loads(FILE.read_text())
EXTRAS = {extra["name"]: extra for extra in GOLDEN["extras"]}


def assert_same(given, expected, place=""):
    """The same structure, numbers within 1e-6."""
    if isinstance(expected, dict):
        assert list(given) == list(expected), place
        for key in expected:
            assert_same(given[key], expected[key], f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(given) == len(expected), place
        for index, (one, other) in enumerate(zip(given, expected, strict=True)):
            assert_same(one, other, f"{place}[{index}]")
    elif isinstance(expected, int | float):
        assert given == pytest.approx(expected, rel=1e-6, abs=0.0), place
    else:
        assert given == expected, place


@pytest.mark.parametrize("bare", [True, False], ids=["list", "document"])
def test_the_command_gives_the_golden_figures(tmp_path, capsys, bare):
    cases = [{key: value for key, value in case.items() if key != "expected"} for case in GOLDEN["cases"]]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases if bare else {"cases": cases}))
    assert main(["compare", "--input", str(file)]) == 0
    for given, case in zip(json.loads(capsys.readouterr().out), GOLDEN["cases"], strict=True):
        assert_same(given, case["expected"], case["name"])


def test_the_split_of_three_arms():
    extra = EXTRAS["srm_three_arm"]
    assert srm_p(extra["counts"], extra["weights"]) == pytest.approx(extra["p"], rel=1e-6)


def test_holm():
    assert holm(EXTRAS["holm"]["p"]) == pytest.approx(EXTRAS["holm"]["adjusted"], rel=1e-6)


def test_sample_size():
    expected = EXTRAS["sample_size_per_arm_prop_base_5pct_rel_mde_5pct"]["per_arm"]
    assert sample_size_per_arm(0.05, 0.05) == pytest.approx(expected, rel=1e-6)
