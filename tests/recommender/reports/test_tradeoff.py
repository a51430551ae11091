"""The trade-off page: what it says, what it draws, and what it refuses."""

import json
import re

import pytest

from recommender.cli import main
from recommender.errors import InputError
from recommender.reports.tradeoff import points_of, tradeoff_page, unbeaten


def evaluation(**models):
    """{name: (NDCG, distance, coverage)} at 10 as an evaluation; intervals are a tenth to each side."""
    names = ("ndcg@10", "intra_list_distance@10", "coverage@10")
    values = {model: dict(zip(names, figures, strict=True)) for model, figures in models.items()}
    intervals = {
        model: {name: [figures[name] * 0.9, figures[name] * 1.1] for name in names[:2]}
        for model, figures in values.items()
    }
    return {
        "protocol": "temporal",
        "visitors": 1234,
        "seen_items": "excluded",
        "models": values,
        "intervals": intervals,
    }


DOCUMENT = evaluation(blend=(0.3, 0.5, 0.4), wide=(0.2, 0.6, 0.9), poor=(0.1, 0.5, 0.4))


def test_models_stand_in_the_order_of_their_accuracy():
    assert [point.name for point in points_of(evaluation(b=(0.1, 0.5, 0.5), a=(0.3, 0.5, 0.5)), 10)] == ["a", "b"]


def test_a_model_that_another_beats_in_everything_is_not_on_the_front():
    assert unbeaten(points_of(DOCUMENT, 10)) == ["blend", "wide"]


def test_equal_models_do_not_beat_each_other():
    assert unbeaten(points_of(evaluation(a=(0.3, 0.5, 0.5), b=(0.3, 0.5, 0.5)), 10)) == ["a", "b"]


def test_the_page_answers_first_and_says_how_sure_it_is():
    page = tradeoff_page(DOCUMENT, k=10)
    heading = re.search(r"<h1>(.*?)</h1>", page)[1]
    assert heading == "blend is the most accurate of 3 models: NDCG@10 0.3000 (95% between 0.2700 and 0.3300)"
    assert "1,234 visitors" in page and "Protocol temporal" in page


def test_the_page_needs_no_network():
    page = tradeoff_page(DOCUMENT, k=10)
    without_library = page.replace(re.search(r"<script>.*?</script>", page, re.DOTALL)[0], "")
    assert "src=" not in without_library and "<link" not in without_library


def test_each_chart_has_its_sentence_and_the_numbers_stand_in_a_table():
    page = tradeoff_page(DOCUMENT, k=10)
    assert page.count('role="img"') == 2
    assert "blend: NDCG 0.3000, coverage 0.400" in page and "wide: NDCG 0.2000, intra-list distance 0.600" in page
    assert re.search(r'<th scope="row">wide</th><td>0.2000</td><td>0.1800 to 0.2200</td><td>0.600</td>', page)


def test_accuracy_begins_at_zero_and_shares_show_their_whole_range():
    page = re.sub(r"<script>/.*?</script>", "", tradeoff_page(DOCUMENT, k=10), count=1, flags=re.DOTALL)
    ranges = [json.loads(found) for found in re.findall(r'"range":(\[[^\]]*\])', page)]
    assert [low for low, _ in ranges] == [0, 0, 0, 0] and sum(high == 1.02 for _, high in ranges) == 2


def test_names_of_models_are_no_markup():
    page = tradeoff_page({**DOCUMENT, "models": {"<b>x": DOCUMENT["models"]["blend"]}}, k=10)
    assert "<b>x" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("models", "message"), [({}, "nobody"), ({"blend": {}}, "nobody"), ({"blend": {"hr@10": 1}}, "blend")]
)
def test_an_evaluation_without_the_measures_is_refused(models, message):
    with pytest.raises(InputError, match=message):
        tradeoff_page({"models": models}, k=10)


def test_evaluations_of_the_same_question_are_drawn_together(tmp_path):
    for name in ("monday", "friday"):
        (tmp_path / f"{name}.json").write_text(json.dumps(DOCUMENT))
    out = tmp_path / "page.html"
    words = ["report", "--input", str(tmp_path / "monday.json"), str(tmp_path / "friday.json"), "--out", str(out)]
    assert main(words) == 0
    assert "monday: blend" in out.read_text() and "friday: wide" in out.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_evaluations_of_different_questions_are_not_compared(tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "b.json").write_text(json.dumps({**DOCUMENT, "protocol": "k-fold"}))
    words = [
        "report",
        "--input",
        str(tmp_path / "a.json"),
        str(tmp_path / "b.json"),
        "--out",
        str(tmp_path / "page.html"),
    ]
    assert main(words) == 2
    assert "b.json" in capsys.readouterr().err and not (tmp_path / "page.html").exists()


def test_what_is_no_evaluation_is_refused_by_name(tmp_path, capsys):
    (tmp_path / "a.json").write_text("[]")
    assert main(["report", "--input", str(tmp_path / "a.json"), "--out", str(tmp_path / "page.html")]) == 2
    assert "a.json" in capsys.readouterr().err
