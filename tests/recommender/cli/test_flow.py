"""From a trained artifact to lists, segments and an evaluation, as a shell would go."""

import json
import subprocess
import sys

import numpy as np
import pytest

from recommender.cli import main
from tests.recommender.cli.shop import (
    ITEMS_OF_A_THEME,
    ROOT,
    VISITORS,
    behaviour,
    environment,
    item,
    options,
    rows_of,
    run,
    write_csv,
)


def seen():
    """{visitor: {item}}"""
    found = {}
    for visitor, item_id, _, _ in behaviour():
        found.setdefault(visitor, set()).add(item_id)
    return found


def lists_of(path):
    """{visitor: [row]} in file order."""
    found = {}
    for row in rows_of(path):
        found.setdefault(row["visitor_id"], []).append(row)
    return found


def recommend(model, out, *words):
    assert main(["recommend", "--model", str(model), "--out", str(out), *map(str, words)]) == 0
    return lists_of(out)


@pytest.fixture(scope="module")
def recommended(model, shop):
    out = shop / "lists.csv"
    done = run("recommend", *options(model=model, out=out), "-k", "6", "--json", cwd=shop)
    assert done.returncode == 0, done.stderr
    return done, out


def test_everybody_gets_a_list_in_the_order_of_scores(recommended):
    lists = lists_of(recommended[1])
    assert len(lists) == VISITORS
    for rows in lists.values():
        scores = [float(row["score"]) for row in rows]
        assert list(rows[0]) == ["visitor_id", "rank", "item_id", "score"]
        assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
        assert scores == sorted(scores, reverse=True) and scores[-1] > 0


def test_lists_hold_nothing_that_was_seen_and_no_item_twice(recommended):
    for visitor, rows in lists_of(recommended[1]).items():
        items = [row["item_id"] for row in rows]
        assert len(set(items)) == 6 and not set(items) & seen()[visitor]


def test_lists_are_of_the_visitors_own_theme(recommended):
    """Unseen items of the theme come first; there are three at least for who saw five or fewer."""
    hits = [
        rows[0]["item_id"].startswith(f"{int(visitor.split('-')[1]) % 3},")
        for visitor, rows in lists_of(recommended[1]).items()
        if len(seen()[visitor]) < ITEMS_OF_A_THEME - 2
    ]
    assert len(hits) > 40 and np.mean(hits) > 0.95


def test_json_of_recommend_says_what_was_written_and_nothing_else(recommended):
    done, out = recommended
    assert json.loads(done.stdout) == {"out": str(out), "visitors": VISITORS, "rows": 6 * VISITORS}
    assert done.stderr == ""


def test_recommend_tells_its_progress_to_machines(model, tmp_path, capsys):
    recommend(model, tmp_path / "lists.csv", "-k", 3, "--progress", "json")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[-1]["progress"] == 1 and all(set(line) == {"progress", "message"} for line in lines)


def test_newer_history_counts_without_training(model, tmp_path):
    newer = [("visitor-0", item(0, 1), "2000000000"), ("stranger", item(1, 1), "2000000000"), ("stranger", "new", "1")]
    history = write_csv(tmp_path / "newer.csv", ("visitor_id", "item_id", "timestamp"), newer)
    lists = recommend(model, tmp_path / "lists.csv", "--history", history, "-k", 3)
    assert len(lists) == VISITORS + 1
    assert item(0, 1) not in [row["item_id"] for row in lists["visitor-0"]]
    assert [row["item_id"][0] for row in lists["stranger"]] == ["1", "1", "1"]


def test_only_chosen_visitors_are_answered_in_their_order_and_unknown_ones_by_popularity(model, tmp_path):
    chosen = write_csv(tmp_path / "chosen.csv", ("visitor_id",), [("visitor-9",), ("nobody",), ("visitor-2",)])
    lists = recommend(model, tmp_path / "lists.csv", "--visitors", chosen, "-k", 2)
    assert list(lists) == ["visitor-9", "nobody", "visitor-2"]
    assert all(len(rows) == 2 for rows in lists.values())


def test_seen_items_may_be_included(model, tmp_path):
    lists = recommend(model, tmp_path / "lists.csv", "--no-exclude-seen", "-k", 10)
    assert any(row["item_id"] in seen()[visitor] for visitor, rows in lists.items() for row in rows)


def test_exploration_draws_by_the_seed_and_knobs_change_lists(model, tmp_path):
    drawn = [
        recommend(model, tmp_path / f"{place}.csv", "--exploration", 0.5, "--seed", seed, "-k", 5)
        for place, seed in enumerate((1, 1, 2))
    ]
    plain = recommend(model, tmp_path / "plain.csv", "-k", 5)
    diverse = recommend(model, tmp_path / "diverse.csv", "--diversity", 0.9, "-k", 5)
    assert drawn[0] == drawn[1] != drawn[2] and drawn[0] != plain != diverse


def test_memberships_are_soft_and_add_up_to_one(model, shop, tmp_path):
    out = tmp_path / "segments.csv"
    done = run("segments", *options(model=model, out=out), "--json", cwd=shop)
    described = json.loads(done.stdout)
    assert done.returncode == 0 and json.loads((tmp_path / "segments.csv.json").read_text()) == described
    totals = {}
    for row in rows_of(out):
        totals[row["visitor_id"]] = totals.get(row["visitor_id"], 0) + float(row["probability"])
    assert len(totals) == VISITORS and all(total == pytest.approx(1, abs=0.01) for total in totals.values())
    assert {row["segment"] for row in rows_of(out)} <= {str(entry["number"]) for entry in described}
    assert {"number", "suggested_name", "share", "visitors", "top_items", "facts"} <= set(described[0])


def test_evaluate_prints_one_json_document_and_nothing_else_on_standard_output(shop, files):
    done = run("evaluate", *files, *options(preset="fast", seed=5), "-k", "3,10", "--json", cwd=shop)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["protocol"] == "leave-one-out" and document["k"] == [3, 10] and document["splits"] == 1
    assert set(document["models"]) == {
        "blend",
        "encoder",
        "transitions",
        "user_knn",
        "content",
        "popularity",
    }
    assert {"hr@3", "ndcg@10", "coverage@10", "mrr@3"} <= set(document["models"]["blend"])
    assert document["models"]["transitions"]["ndcg@10"] > document["models"]["popularity"]["ndcg@10"]


@pytest.mark.parametrize(("protocol", "splits"), [("temporal", 1), ("k-fold", 5)])
def test_the_other_protocols_work_without_an_encoder(shop, files, tmp_path, capsys, protocol, splits):
    config = tmp_path / "plain.json"
    config.write_text('{"encoder": {"epochs": 0}}')
    words = [*files, *options(config=config, protocol=protocol, preset="fast"), "--json"]
    assert main(["evaluate", *map(str, words)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["splits"] == splits and "encoder" not in document["models"] and document["visitors"] > 0


def test_without_json_evaluate_prints_a_table(shop, files, tmp_path, capsys):
    config = tmp_path / "plain.json"
    config.write_text('{"encoder": {"epochs": 0}}')
    assert main(["evaluate", *map(str, [*files, *options(config=config)]), "-k", "5"]) == 0
    assert "transitions" in capsys.readouterr().out


def test_help_needs_no_heavy_package():
    script = (
        "import sys; from recommender.cli import parser; parser(); "
        "sys.exit(bool({'torch', 'sklearn', 'pyarrow', 'onnxruntime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment()).returncode == 0


@pytest.mark.parametrize("name", ["one visitor", "one item", "one interaction"])
def test_the_smallest_shops_can_be_trained_and_recommended_from(tmp_path, name):
    rows = {
        "one visitor": [("ann", f"item-{place % 4}", place) for place in range(9)],
        "one item": [(f"visitor-{place}", "mug", place) for place in range(9)],
        "one interaction": [("ann", "mug", 1)],
    }[name]
    file = write_csv(tmp_path / "interactions.csv", ("visitor_id", "item_id", "timestamp"), rows)
    words = options(interactions=file, out=tmp_path / "model", preset="fast", progress="none")
    assert main(["train", *map(str, words)]) == 0
    lists = recommend(tmp_path / "model", tmp_path / "lists.csv", "--no-exclude-seen")
    assert set(lists) == {row[0] for row in rows}
    assert json.loads((tmp_path / "model" / "evaluation.json").read_text())["visitors"] == 0
