"""Shops of anonymous visitors, whose sessions are over after two or three views."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.training.fitting import validation_split
from recommender.training.measuring import measure
from recommender.training.presets import PRESETS
from tests.recommender.made import dataset_of

FAMILY = 10  # items that are seen together, in no order
WITHOUT_ENCODER = replace(PRESETS["fast"], encoder=replace(PRESETS["fast"].encoder, epochs=0))


@pytest.fixture(scope="module")
def sessions():
    rng, chances = np.random.default_rng(3), 1 / (np.arange(90) + 5.0) ** 0.7
    rows = []
    for visitor in range(3000):
        family = int(rng.choice(90, p=chances / chances.sum())) * FAMILY
        for step, item in enumerate(rng.choice(FAMILY, 2 + visitor % 2, replace=False)):
            rows.append((f"visitor-{visitor}", f"item-{family + item}", "view_item", 1e9 + 977.0 * visitor + 60 * step))
    return dataset_of(rows)


def steps(dataset):
    return int(np.maximum(dataset.histories.lengths_B - 1, 0).sum())


def test_the_models_of_the_validation_keep_most_of_what_follows_what(sessions):
    split = validation_split(sessions, seed=0)
    assert len(split.histories) > 500 and 3 * steps(split.train) >= 2 * steps(sessions)


def test_what_is_served_is_no_worse_than_one_of_its_models(sessions):
    """A blend and a ranker that were learned from models without any pair of items believe in popularity alone."""
    found = measure(
        sessions,
        WITHOUT_ENCODER,
        protocol="leave-one-out",
        cutoffs=[10],
        seed=0,
        exclude_seen=True,
        device="cpu",
    )["models"]
    alone = max(values["ndcg@10"] for name, values in found.items() if name not in ("blend", "unranked"))
    assert found["blend"]["ndcg@10"] >= 0.98 * alone
