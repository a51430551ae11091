"""Files that are odd but can be used: one instant, rows twice, unknown columns, ids that break careless programs."""

import csv
import json

import pytest

from recommender.cli import main
from tests.recommender.cli.shop import options, run, write_csv

HEADER = ("visitor_id", "item_id", "timestamp", "colour", "event_type")
IDS = ['mug, "large"', "=1+1", "手工皂 🎄", "line\nbreak", " spaces ", "NaN", "null", "0042", "'; DROP TABLE items; --"]
KEPT = [name.strip() for name in IDS]


def rows():
    """Everybody at one instant, three items each, of which one comes again; each row twice."""
    for visitor in range(30):
        for step in range(4):
            row = (f"visitor “{visitor}”, 🎁", IDS[(visitor + step * step) % len(IDS)], 7, "red", "view_item")
            yield from (row, row)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """The folder of a trained model, what the training said, and the lists."""
    folder = tmp_path_factory.mktemp("odd")
    write_csv(folder / "odd.csv", HEADER, rows())
    (folder / "plain.json").write_text('{"encoder": {"epochs": 0}, "user_knn": {"dimensions": 4}}')
    words = options(interactions="odd.csv", out="model", config="plain.json", preset="fast", progress="none")
    done = run("train", *words, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    said = options(model=folder / "model", out=folder / "lists.csv")
    assert main(["recommend", *map(str, said), "-k", "20", "--no-exclude-seen"]) == 0
    with (folder / "lists.csv").open(newline="", encoding="utf-8") as file:
        return folder, done, list(csv.DictReader(file))


def test_one_instant_is_enough_to_learn_from(odd):
    _, _, lists = odd
    assert len({row["visitor_id"] for row in lists}) == 30
    assert all(float(row["score"]) > 0 for row in lists)


def test_ids_come_back_as_they_were_but_for_blanks_at_their_ends(odd):
    _, _, lists = odd
    assert {row["item_id"] for row in lists} == set(KEPT)
    assert {row["visitor_id"] for row in lists} == {f"visitor “{visitor}”, 🎁" for visitor in range(30)}


def test_rows_that_stand_twice_count_once(odd):
    _, done, _ = odd
    manifest = json.loads(done.stdout)
    assert manifest["counts"] == {"interactions": 90, "visitors": 30, "items": len(KEPT)}


@pytest.mark.slow
@pytest.mark.parametrize("items", [500, 1_000_000])
def test_a_history_of_a_million_interactions_is_learned_from_in_seconds(tmp_path, items):
    """A program that looked at everything, some of it again and again, among two hundred visitors."""
    lines = [f"program,item-{place * 7919 % items},{place}" for place in range(1_000_000)]
    lines += [f"visitor-{v},item-{(3 * v + s * s) % 90},{s}" for v in range(200) for s in range(5)]
    (tmp_path / "long.csv").write_text("visitor_id,item_id,timestamp\n" + "\n".join(lines))
    words = options(interactions=tmp_path / "long.csv", out=tmp_path / "model", preset="fast", progress="none")
    assert main(["train", *map(str, words)]) == 0
