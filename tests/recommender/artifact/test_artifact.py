"""An artifact is written whole or not at all, and an altered one is refused by the file's name."""

import json
import os
import time

import pytest

from recommender.artifact import MANIFEST, ArtifactError, new_artifact, read_manifest
from recommender.errors import LibraryError


def write(out, text="one"):
    with new_artifact(out, {"preset": "fast"}) as folder:
        (folder / "segments.json").write_text(text)


def test_what_was_written_is_read_with_its_manifest(tmp_path):
    write(tmp_path / "model")
    assert read_manifest(tmp_path / "model")["preset"] == "fast"


def test_an_altered_file_is_refused_by_name(tmp_path):
    write(tmp_path / "model")
    (tmp_path / "model" / "segments.json").write_text("two")
    with pytest.raises(ArtifactError, match=r"segments\.json: was altered"):
        read_manifest(tmp_path / "model")


def test_a_missing_file_is_refused_by_name(tmp_path):
    write(tmp_path / "model")
    (tmp_path / "model" / "segments.json").unlink()
    with pytest.raises(ArtifactError, match=r"segments\.json: is missing"):
        read_manifest(tmp_path / "model")


def test_a_newer_schema_asks_for_an_upgrade(tmp_path):
    write(tmp_path / "model")
    manifest = tmp_path / "model" / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "schema": 99}))
    with pytest.raises(ArtifactError, match="upgrade Forage"):
        read_manifest(tmp_path / "model")


def test_a_failure_while_writing_leaves_the_earlier_artifact(tmp_path):
    write(tmp_path / "model", "earlier")

    def fail():
        with new_artifact(tmp_path / "model", {}) as folder:
            (folder / "segments.json").write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(LibraryError, match=r"model: cannot be written .No space left"):
        fail()
    read_manifest(tmp_path / "model")
    assert (tmp_path / "model" / "segments.json").read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_is_no_artifact_is_never_overwritten(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    with pytest.raises(LibraryError, match="choose another folder"):
        write(tmp_path / "photos")


def aged(folder, seconds=3600):
    folder.mkdir(exist_ok=True)
    os.utime(folder, (time.time() - seconds,) * 2)
    return folder


def test_what_a_killed_training_left_is_cleared_by_the_next(tmp_path):
    left = aged(tmp_path / ".model.unfinished-x1y2z3")
    write(tmp_path / "model")
    assert not left.exists()


def test_folders_that_others_are_filling_or_that_are_no_leftovers_stay(tmp_path):
    others = [
        aged(tmp_path / name) for name in (".model.unfinished-a.old", ".model.d", ".shop.unfinished-a", "model-2")
    ]
    others.append(aged(tmp_path / ".model.unfinished-young", seconds=5))
    with new_artifact(tmp_path / "model", {}) as folder:
        aged(folder)
        write(tmp_path / "model")
        assert folder.is_dir(), "its lock is held"
    assert all(folder.is_dir() for folder in others)
