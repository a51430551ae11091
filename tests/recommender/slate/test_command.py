import json

import numpy as np
import pytest

from recommender.cli import main
from recommender.slate import Knobs, make_slate
from tests.recommender.slate.shops import candidates_of


def document(candidates, **more):
    return {
        "candidates": [
            {
                "item_id": candidates.item_ids[i],
                "score": float(candidates.scores[i]),
                "vector": candidates.vectors[i].tolist(),
                "category": candidates.categories[i],
                "impressions": float(candidates.impressions[i]),
                "age_days": float(candidates.age_days[i]),
                **candidates.attributes[i],
            }
            for i in range(len(candidates))
        ],
        **more,
    }


def run(tmp_path, capsys, content):
    file = tmp_path / "input.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    code = main(["slate", "--input", str(file)])
    return code, capsys.readouterr()


def test_the_command_draws_what_serving_draws(tmp_path, capsys):
    candidates = candidates_of(1, 30)
    knobs = {"exploration": 0.4, "diversity": 0.3}
    code, printed = run(tmp_path, capsys, document(candidates, knobs=knobs, n=5, draws=20, seed=3))
    answer, rng = json.loads(printed.out), np.random.default_rng(3)
    assert code == 0 and len(answer["slates"]) == 20
    for ids, propensities in zip(answer["slates"], answer["propensities"], strict=True):
        slate = make_slate(candidates, Knobs.from_dict(knobs), 5, rng=rng)
        assert ids == [candidates.item_ids[i] for i in slate.indices]
        assert propensities == pytest.approx(slate.propensities.tolist())


def test_rules_may_name_any_field_of_the_candidates(tmp_path, capsys):
    rules = [{"kind": "include_only", "match": {"price": {"max": 20}}}]
    code, printed = run(tmp_path, capsys, document(candidates_of(2, 30), rules=rules, n=30))
    prices = {entry["item_id"]: entry["price"] for entry in document(candidates_of(2, 30))["candidates"]}
    assert code == 0 and all(prices[item] <= 20 for item in json.loads(printed.out)["slates"][0])


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "line 1"),
        ("[]", "JSON object"),
        ({"candidates": [], "nob": {}}, "nob"),
        ({"candidates": [{"item_id": "a"}]}, "candidates[0].score"),
        ({"candidates": [{"score": 1}]}, "candidates[0].item_id"),
        ({"candidates": [{"item_id": "a", "score": 1, "vector": [1]}, {"item_id": "b", "score": 1}]}, "vector"),
        ({"candidates": [], "n": 0}, "n:"),
        ({"candidates": [], "knobs": {"diversity": 2}}, "diversity"),
        ({"candidates": [], "rules": [{"kind": "pin"}]}, "match"),
        ({"candidates": [], "profile": {"x": "much"}}, "profile.x"),
    ],
)
def test_bad_input_is_named_on_standard_error(tmp_path, capsys, content, named):
    code, printed = run(tmp_path, capsys, content)
    assert code == 2 and printed.out == ""
    assert named in printed.err and printed.err.count("\n") == 1
