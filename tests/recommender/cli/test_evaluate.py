"""`evaluate`: further models, the page, and progress for machines."""

import json
import re

import pytest

from recommender.cli import main
from tests.recommender.cli.shop import QUICK, options


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Options without an encoder, and with one for a further model."""
    path = tmp_path_factory.mktemp("config") / "plain.json"
    path.write_text(json.dumps({"encoder": {"epochs": 0}, "user_knn": QUICK["user_knn"], "als": {"dimensions": 4}}))
    return path


def evaluate(files, plain, *words):
    return main(["evaluate", *map(str, [*files, *options(config=plain)]), "-k", "5,10", *map(str, words)])


def test_further_models_are_measured_beside_those_of_the_preset_and_drawn(files, plain, tmp_path, capsys):
    page = tmp_path / "page.html"
    words = ("--also", "als, item_bm25", "--report", page, "--json", "--progress", "json")
    assert evaluate(files, plain, *words) == 0
    told = capsys.readouterr()
    models = json.loads(told.out)["models"]
    assert {"als", "item_bm25", "blend", "transitions"} <= set(models) and models["als"]["ndcg@10"] > 0
    assert "item_bm25" in page.read_text() and "NDCG@10" in page.read_text()
    lines = [json.loads(line) for line in told.err.splitlines() if line.startswith("{")]
    shares = [line["progress"] for line in lines]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1 and all(line["message"] for line in lines)


def alone(files, *words):
    return main(["evaluate", *map(str, files), "-k", "10", "--progress", "none", "--only", *words])


def test_one_model_is_measured_by_itself(files, capsys):
    assert alone(files, "item_bm25", "--json") == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert list(models) == ["item_bm25"] and models["item_bm25"]["ndcg@10"] > 0
    assert alone(files, "transitions", "--also", "als") == 2


@pytest.mark.parametrize("columns", ["80", "60"])
@pytest.mark.parametrize("terminal", ["1", ""])
def test_a_table_cuts_no_figure_in_a_terminal_and_in_a_file(files, capsys, monkeypatch, columns, terminal):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", terminal)  # rich takes it for a terminal
    assert alone(files, "transitions") == 0
    table = capsys.readouterr().out
    assert "…" not in table and "novelty" in table and "distance" in table
    assert max(len(line) for line in re.sub(r"\x1b\[[\d;]*m", "", table).splitlines()) <= 80


def test_exposure_is_counted_by_a_column_of_the_items(files, plain, capsys):
    assert evaluate(files, plain, "--exposure-by", "categories", "--also", "als", "--json", "--progress", "none") == 0
    told = capsys.readouterr()
    exposure = json.loads(told.out)["exposure"]
    assert exposure["by"] == "categories" and {group["group"] for group in exposure["groups"]} >= {"Garden", "Kitchen"}
    assert told.err == ""


@pytest.mark.parametrize(("visitors", "asked"), [(20, 20), (0, None)])
def test_so_many_visitors_are_asked_and_the_table_says_of_how_many(files, plain, capsys, visitors, asked):
    words = ("--visitors", visitors, "--also", "als", "--progress", "none")
    assert evaluate(files, plain, *words, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["visitors"] == (asked or document["askable"]) and document["askable"] > 50
    assert evaluate(files, plain, *words) == 0
    table = capsys.readouterr().out
    assert ("drawn from" in table) is (asked is not None)
    low, high = document["intervals"]["blend"]["ndcg@10"]
    assert f"±{(high - low) / 2:.4f}" in table


def test_folds_share_the_visitors_that_are_asked(files, plain, capsys):
    words = ("--visitors", 20, "--protocol", "k-fold", "--also", "als", "--progress", "none")
    assert evaluate(files, plain, *words, "--json") == 0
    assert 0 < json.loads(capsys.readouterr().out)["visitors"] <= 20


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--also", "gan9"), "gan9"),
        (("--exposure-by", "supplier"), "supplier"),
        (("--visitors", "-1"), "--visitors: must not be negative"),
        ((), "als"),  # options of a model that is not asked for
    ],
)
def test_what_is_unknown_is_refused_by_name_before_anything_is_fitted(files, plain, capsys, words, named):
    words = (*words, "--also", "als") if words[:1] in (("--exposure-by",), ("--visitors",)) else words
    assert evaluate(files, plain, *words) == 2
    assert named in capsys.readouterr().err
