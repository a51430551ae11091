"""A training that is killed leaves its checkpoints, and the next one goes on from them to the same end."""

import json
import os
import subprocess
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from recommender.artifact import read_manifest
from recommender.cli import main
from tests.recommender.cli.shop import command, environment, options

pytestmark = pytest.mark.slow  # two trainings; that an epoch resumes to the same weights is in models/test_trainer.py


@pytest.fixture(scope="module")
def resumed(shop, files, tmp_path_factory):
    """The folder of a training that was killed after its first epoch and started again, and what lay there between."""
    folder = tmp_path_factory.mktemp("killed")
    words = [*files, *options(out=folder / "model", checkpoint=folder / "checkpoints", preset="fast", seed=5)]
    start = command("train", *words, "--progress", "json")
    with subprocess.Popen(start, cwd=shop, env=environment(), text=True, stdout=subprocess.PIPE) as training:
        for line in training.stdout:
            if json.loads(line).get("message", "").startswith("epoch 2 of"):
                training.kill()
                break
    between = sorted(path.name for path in folder.iterdir())
    for path in folder.glob(".model.*"):
        os.utime(path, (time.time() - 3600,) * 2)
    assert main(["train", *map(str, words), "--progress", "none"]) == 0
    return folder, between


def test_the_kill_left_no_artifact_but_a_checkpoint(resumed):
    _, between = resumed
    assert "model" not in between and "checkpoints" in between


def test_nothing_of_the_killed_training_is_left_in_the_end(resumed):
    folder, _ = resumed
    assert [path.name for path in folder.iterdir()] == ["model"]
    read_manifest(folder / "model")


def test_the_artifact_is_that_of_a_training_that_was_never_killed(resumed, model):
    folder, _ = resumed
    for name in ("vectors", "transitions", "popularity"):
        undisturbed, other = (load_file(path / f"{name}.safetensors") for path in (model, folder / "model"))
        for key, array in undisturbed.items():
            np.testing.assert_allclose(other[key], array, rtol=1e-4, atol=1e-6, err_msg=key)
