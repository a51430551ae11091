"""What cannot be used ends a command with 2 and one line on standard error, and leaves nothing behind."""

import gzip
import hashlib
import io
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.artifact import read_manifest
from recommender.cli import main
from tests.recommender.cli.shop import options, run

HEADER = "visitor_id,item_id,timestamp"
FOLDER = object()


def damaged_parquet():
    """Whole at its ends, with a damaged page."""
    names = [f"visitor-{n * n}" for n in range(500)]
    sink = io.BytesIO()
    pq.write_table(pa.table({"visitor_id": names, "item_id": names, "timestamp": range(500)}), sink)
    content = bytearray(sink.getvalue())
    content[100:300] = bytes(200)
    return bytes(content)


DAMAGED = damaged_parquet()


def refused(capsys, *words):
    """The one line of a refusal."""
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    assert code == 2 and printed.out == "", printed.err
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1
    return printed.err


def write(path, content):
    content = content if isinstance(content, str | bytes) else json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("gone.csv", None, "gone.csv: there is no such file"),
        ("empty.csv", "", "empty.csv: the file is empty"),
        ("short.csv", "visitor_id,item_id\nann,mug\n", "column “timestamp”: the column is missing"),
        ("late.csv", f"{HEADER}\nann,mug,1\nann,lamp,late\n", "late.csv, line 3, column “timestamp”: “late”"),
        ("nan.csv", f"{HEADER}\nann,mug,NaN\n", "nan.csv, line 2"),
        ("xlsx.xlsx", "PK", "unknown format"),
        ("refunds.csv", f"{HEADER},event_type\na,m,1,purchase\na,m,2,refund\n", "refunds.csv: nothing is left"),
        ("years.csv", f"{HEADER}\na,m,1\na,n,99999999999\n", "nothing is left to learn from (2 impossible times)"),
        ("latin.csv", f"{HEADER}\na,m,1\nJosé,m,2\n".encode("latin-1"), "latin.csv, line 3: is no UTF-8 text"),
        ("utf16.csv", f"{HEADER}\na,m,1\n".encode("utf-16"), "utf16.csv, line 1: is no UTF-8 text"),
        ("latin.jsonl", '{"visitor_id": "José"}'.encode("latin-1"), "latin.jsonl, line 1: is no UTF-8 text"),
        (
            "half.jsonl",
            '{"visitor_id": "\\ud83c", "item_id": "m", "timestamp": 1}',
            "half.jsonl, line 1: holds half a char",
        ),
        ("nothing.csv.gz", gzip.compress(b"", mtime=0), "nothing.csv.gz: the file is empty"),
        (
            "milli.csv",
            f"{HEADER}\na,m,1\na,n,1700000000000\n",
            "milli.csv, line 3, column “timestamp”: this is no time",
        ),
        ("folder.csv", FOLDER, "folder.csv: is a folder"),
        ("flipped.parquet", DAMAGED, "flipped.parquet: cannot be read ("),
        ("searches.csv", f"{HEADER},event_type\na,m,1,search\n", "no usable interaction"),
    ],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_interactions_that_cannot_be_used(capsys, tmp_path, command, name, content, named):
    if content is FOLDER:
        (tmp_path / name).mkdir()
    elif content is not None:
        write(tmp_path / name, content)
    out = options(out=tmp_path / "model", progress="none") if command == "train" else []
    before = set(tmp_path.iterdir())
    assert named in refused(capsys, command, *options(interactions=tmp_path / name), *out)
    assert set(tmp_path.iterdir()) == before


def test_items_that_cannot_be_used(capsys, shop, tmp_path):
    items = write(tmp_path / "items.csv", "item_id,price\nmug,cheap\n")
    words = options(interactions=shop / "interactions.csv", items=items, out=tmp_path / "model", progress="none")
    assert "items.csv, line 2, column “price”" in refused(capsys, "train", *words)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (None, "config.json: cannot be read"),
        ("{", "config.json, line 1: is no JSON"),
        ("[]", "config.json: must hold a JSON object"),
        ("[" * 100_000, "config.json: is nested too deeply"),
        ({"blend": {}}, "“blend” must be one of"),
        ({"encoder": {"epoch": 3}}, "no option “epoch”"),
        ({"encoder": {"epochs": "3"}}, "“epochs” must be a whole number"),
        ({"encoder": {"dropout": 1.5}}, "encoder.dropout"),
        ({"encoder": {"layers": 10**30}}, "“layers” must be at most 1,000,000,000,000"),
        ({"encoder": {"layers": 1000}}, "encoder.layers must be at most 64"),
        ({"popularity": {"half_life_days": 1e-320}}, "popularity.half_life_days must be a second at least"),
        ({"transitions": {"forward": []}}, "transitions"),
    ],
)
def test_a_config_that_cannot_be_used(capsys, shop, tmp_path, config, named):
    path = tmp_path / "config.json"
    if config is not None:
        write(path, config)
    words = options(interactions=shop / "interactions.csv", out=tmp_path / "model", config=path, progress="none")
    assert named in refused(capsys, "train", *words)
    assert not (tmp_path / "model").exists()


def test_a_device_that_is_not_there(capsys, shop, files, tmp_path):
    words = options(out=tmp_path / "model", device="warp", progress="none")
    assert "device: “warp”" in refused(capsys, "train", *files, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_never_replaced(capsys, files, tmp_path):
    (tmp_path / "photos").mkdir()
    write(tmp_path / "photos" / "cat.jpg", "cat")
    named = refused(capsys, "train", *files, *options(out=tmp_path / "photos", progress="none"))
    assert "photos: exists and is no artifact" in named
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat"


def test_a_previous_artifact_that_is_not_there_is_refused_before_training(capsys, files, tmp_path):
    words = options(out=tmp_path / "model", previous=tmp_path / "gone", progress="none")
    assert "gone/manifest.json" in refused(capsys, "train", *files, *words)


@pytest.mark.parametrize("name", ["visitors.parquet", "segments.json"])
def test_a_previous_artifact_that_is_damaged_is_refused_by_its_file(capsys, files, model, tmp_path, name):
    previous = shutil.copytree(model, tmp_path / "previous")
    (previous / name).write_bytes(b"[1]")
    words = options(out=tmp_path / "model", previous=previous, progress="none")
    assert f"previous/{name}: cannot be read" in refused(capsys, "train", *files, *words)


@pytest.mark.parametrize("command", ["recommend", "segments"])
def test_a_model_that_is_no_artifact(capsys, tmp_path, command):
    named = refused(capsys, command, *options(model=tmp_path / "gone", out=tmp_path / "out.csv"))
    assert "gone/manifest.json" in named and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["recommend", "segments"])
def test_a_model_that_was_altered(capsys, model, tmp_path, command):
    altered = shutil.copytree(model, tmp_path / "altered")
    write(altered / "segments.json", "[]")
    named = refused(capsys, command, *options(model=altered, out=tmp_path / "out.csv"))
    assert "segments.json: was altered" in named


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("recommend", "visitors.parquet"),
        ("recommend", "histories.safetensors"),
        ("recommend", "items.parquet"),
        ("segments", "visitors.parquet"),
        ("segments", "segments.json"),
    ],
)
def test_a_part_of_another_format_that_is_sealed_all_the_same(capsys, model, tmp_path, command, name):
    """As another program would write it: the checksums are right, what they vouch for is not."""
    other = shutil.copytree(model, tmp_path / "other")
    content = write(other / name, '{"a": [1]}').read_bytes()
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["checksums"][name] = hashlib.sha256(content).hexdigest()
    write(other / "manifest.json", manifest)
    named = refused(capsys, command, *options(model=other, out=tmp_path / "out.csv"))
    assert f"other/{name}: cannot be read" in named and [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize("blend", [{}, {"x": 1.0}, {"popularity": 0.0}, {"popularity": float("nan")}])
def test_a_blend_that_blends_nothing(capsys, model, tmp_path, blend):
    other = shutil.copytree(model, tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text())
    write(other / "manifest.json", json.dumps({**manifest, "blend": blend}))
    named = refused(capsys, "recommend", *options(model=other, out=tmp_path / "out.csv"))
    assert "other/manifest.json: cannot be read (blend: gives none of " in named
    assert "popularity a weight above 0" in named


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-k", 0], "-k: must be at least 1"),
        (["--diversity", 2], "diversity"),
        (["--exploration", "nan"], "exploration"),
        (["--visitors", "gone.csv"], "gone.csv"),
        (["--history", "gone.csv"], "gone.csv"),
    ],
)
def test_options_of_recommend_that_cannot_be_used(capsys, model, tmp_path, words, named):
    assert named in refused(capsys, "recommend", *options(model=model, out=tmp_path / "out.csv"), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["recommend", "segments"])
def test_an_ending_that_cannot_be_written(capsys, model, tmp_path, command):
    assert "unknown format" in refused(capsys, command, *options(model=model, out=tmp_path / "out.xlsx"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["recommend", "segments"])
def test_lists_never_replace_a_part_of_the_model(capsys, model, tmp_path, command):
    copy = shutil.copytree(model, tmp_path / "copy")
    words = options(model=copy, out=tmp_path / "copy" / ".." / "copy" / "items.parquet")
    assert "items.parquet: is a part of the model" in refused(capsys, command, *words)
    read_manifest(copy)


@pytest.mark.parametrize(("out", "named"), [("folder.csv", "is a folder"), ("file/out.csv", "takes no files")])
def test_a_place_that_takes_no_file_is_refused_before_anything_is_computed(capsys, model, files, tmp_path, out, named):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for command in ("recommend", "segments"):
        assert named in refused(capsys, command, *options(model=model, out=tmp_path / out))
    assert named in refused(capsys, "evaluate", *files, *options(report=tmp_path / out, progress="none"))


def test_a_training_that_diverges_says_so(capsys, shop, tmp_path):
    config = write(tmp_path / "config.json", {"encoder": {"epochs": 1, "hidden": 8, "learning_rate": 1e30}})
    words = options(interactions=shop / "interactions.csv", out=tmp_path / "model", config=config, progress="none")
    assert main(["train", *map(str, words)]) == 1
    assert "lower encoder.learning_rate" in capsys.readouterr().err and not (tmp_path / "model").exists()


def test_more_than_the_memory_holds_is_said_in_one_line(capsys, shop, tmp_path):
    config = write(tmp_path / "config.json", {"encoder": {"epochs": 0}, "user_knn": {"dimensions": 10**12}})
    words = options(interactions=shop / "interactions.csv", out=tmp_path / "model", config=config, progress="none")
    assert main(["train", *map(str, words)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: not enough memory") and said.count("\n") == 1 and not (tmp_path / "model").exists()


def test_a_table_of_visitors_without_their_ids(capsys, model, tmp_path):
    table = write(tmp_path / "who.csv", "name\nann\n")
    words = options(model=model, out=tmp_path / "out.csv", visitors=table)
    assert "who.csv, column “visitor_id”: the column is missing" in refused(capsys, "recommend", *words)


@pytest.mark.parametrize("cutoffs", ["0", "five", "5,,10", "-3"])
def test_cutoffs_that_are_none(capsys, files, cutoffs):
    assert "-k: " in refused(capsys, "evaluate", *files, f"-k={cutoffs}")


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--interactions", "f.csv"],
        ["train", "--interactions", "f.csv", "--out", "m", "--preset", "slow"],
        ["train", "--interactions", "f.csv", "--out", "m", "--seed", "-1"],
        ["recommend", "--model", "m", "--out", "f.csv", "--seed", "4294967296"],
        ["evaluate", "--interactions", "f.csv", "--protocol", "guess"],
        ["simulate", "--seed", "½"],
        ["dream"],
        [],
    ],
)
def test_arguments_that_do_not_fit_end_with_two(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2 and capsys.readouterr().out == ""


def test_the_process_itself_ends_with_two_and_one_line(tmp_path):
    done = run("segments", *options(model="gone", out="segments.csv"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: gone/manifest.json: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
