import json

import pytest

from recommender.cli import main
from recommender.simulation import simulate

TINY = ["--visitors", "6", "--days", "2", "--seed", "4"]


def test_prints_one_json_document_and_nothing_else(capsys):
    assert main(["simulate", "--scenario", "drift", "--policy", "default", *TINY]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == simulate(scenario="drift", policy="default", visitors=6, days=2, seed=4)


@pytest.mark.parametrize(
    "arguments",
    [["--policy", "best"], ["--learner", "none"], ["--scenario", "calm"], ["--visitors", "0"], ["--days", "-1"]],
)
def test_an_impossible_argument_exits_with_2_and_one_line(arguments, capsys):
    assert main(["simulate", *TINY, *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {arguments[0].lstrip('-')}: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--visitors", "many"], ["--seed", "-1"]])
def test_an_argument_that_is_no_number_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", *arguments])
    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""
