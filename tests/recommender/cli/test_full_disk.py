"""A disk that fills up ends a command with 1 and one line, and leaves what stood there before."""

import resource
import shutil
from contextlib import contextmanager

import pytest

from recommender.artifact import read_manifest
from recommender.cli import main
from tests.recommender.cli.shop import options


@contextmanager
def room_for(size_bytes):
    """No file of this process may grow larger: the write that would fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def failed(capsys, *words):
    """The one line of a failure."""
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    assert code == 1 and printed.out == "", printed.err
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1
    return printed.err


def test_an_artifact_that_does_not_fit_leaves_the_earlier_one_whole(capsys, shop, model, tmp_path):
    out, config = shutil.copytree(model, tmp_path / "model"), tmp_path / "plain.json"
    config.write_text('{"encoder": {"epochs": 0}, "user_knn": {"dimensions": 12}}')
    words = options(interactions=shop / "interactions.csv", out=out, config=config, preset="fast", progress="none")
    with room_for(3000):
        said = failed(capsys, "train", *words)
    assert "cannot be written" in said or "too large" in said.lower()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "plain.json"]
    assert read_manifest(out)["seed"] == 5, "every file of the earlier artifact has its checksum"


def test_a_checkpoint_that_does_not_fit_is_named_and_nothing_is_left(capsys, files, tmp_path):
    words = options(out=tmp_path / "model", checkpoint=tmp_path / "checkpoints", preset="fast", progress="none")
    with room_for(3000):
        said = failed(capsys, "train", *files, *words)
    assert "encoder-validation.part: cannot be written" in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("command", ["recommend", "segments"])
@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "csv.gz"])
def test_a_table_that_does_not_fit_leaves_the_earlier_one(capsys, model, tmp_path, command, ending):
    out = tmp_path / f"out.{ending}"
    out.write_text("earlier")
    with room_for(50):
        said = failed(capsys, command, *options(model=model, out=out))
    assert f"{out.name}" in said and "cannot be written" in said
    assert [path.name for path in tmp_path.iterdir()] == [out.name] and out.read_text() == "earlier"


def test_segments_are_not_written_without_their_description(capsys, model, tmp_path):
    size = (model / "segments.json").stat().st_size
    options_ = options(model=model, out=tmp_path / "out.csv.gz")
    with room_for(size):  # the memberships fit, packed; the description, indented, does not
        failed(capsys, "segments", *options_)
    assert list(tmp_path.iterdir()) == []
