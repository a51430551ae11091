"""A damaged artifact is refused, with the name of the file that is wrong."""

import json
import shutil

import pytest

from recommender.artifact import MANIFEST, ArtifactError
from recommender.serving import Recommender

FILES = (
    "encoder.onnx",
    "items.safetensors",
    "interests.safetensors",
    "user_knn.safetensors",
    "popularity.safetensors",
    "segments.json",
    "transitions.safetensors",
    "vectors.safetensors",
)


@pytest.fixture
def copy(artifact, tmp_path):
    return shutil.copytree(artifact, tmp_path / "copy")


def change_manifest(folder, **values):
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **values}))


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_refused(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"{name}: was altered"):
        Recommender.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(copy, name):
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=rf"{name}: is missing"):
        Recommender.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_sealed_in_a_damaged_state_is_refused(copy, name):
    (copy / name).write_bytes(b"damaged")
    sealed = json.loads((copy / MANIFEST).read_text())["checksums"]
    change_manifest(copy, checksums={file: digest for file, digest in sealed.items() if file != name})
    with pytest.raises(ArtifactError, match=name):
        Recommender.load(copy)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"schema": "one", "checksums": {}}', '{"schema": 1}'])
def test_a_damaged_manifest_is_refused(copy, text):
    (copy / MANIFEST).write_text(text)
    with pytest.raises(ArtifactError, match=r"manifest\.json: "):
        Recommender.load(copy)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"manifest\.json: "):
        Recommender.load(tmp_path / "nowhere")
