"""Several processes train what one process trains."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from recommender.models.encoders.encoder import Encoder, FitOptions
from tests.recommender.models.family import SMALL_ENCODER

# Dropout draws differently in each process; without it nothing is left to chance.
WITHOUT_CHANCE = {
    name: replace(SMALL_ENCODER, dropout=0.0, negatives=negatives)
    for name, negatives in {"full": 0, "sampled": 6}.items()
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """What each of two processes has learned, by name and process."""
    folder = tmp_path_factory.mktemp("processes")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = ["-m", "tests.recommender.models.distributed_fit", str(folder)]
    subprocess.run(launcher + script, check=True, capture_output=True, timeout=120)
    return {
        (name, process): dict(np.load(folder / f"{name}.{process}.npz"))
        for name in WITHOUT_CHANCE
        for process in (0, 1)
    }


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_two_processes_learn_what_one_does(dataset, learned, name):
    alone = Encoder(WITHOUT_CHANCE[name]).fit(dataset, options=FitOptions(device="cpu")).arrays()
    untrained = Encoder(replace(WITHOUT_CHANCE[name], epochs=0)).fit(dataset, options=FitOptions(device="cpu")).arrays()
    assert np.abs(alone["embedding_ID"] - untrained["embedding_ID"]).max() > 0.01
    for key, array in alone.items():
        np.testing.assert_allclose(learned[name, 0][key], array, atol=1e-3, err_msg=key)


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_both_processes_hold_the_same_weights(learned, name):
    for key, array in learned[name, 0].items():
        np.testing.assert_array_equal(learned[name, 1][key], array, err_msg=key)
