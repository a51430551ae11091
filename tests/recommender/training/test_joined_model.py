"""A model that joins the blend as CONTRIBUTING says is fitted, weighed, written and asked: no other place names it."""

from dataclasses import dataclass, field, fields, replace

import pytest

from recommender.artifact import read_manifest
from recommender.models.encoders.config import EncoderConfig
from recommender.models.family import BLENDED
from recommender.models.item_neighbours import ItemBM25Config
from recommender.serving import Recommender
from recommender.training import fitting
from recommender.training.presets import PRESETS, TrainingConfig
from tests.recommender.serving.garden import train_garden, views

JOINED = "item_bm25"  # of the family, and in no preset


@dataclass(frozen=True)
class WithAnother(TrainingConfig):
    """As presets.py is when somebody has added a line."""

    item_bm25: ItemBM25Config = field(default_factory=lambda: ItemBM25Config(neighbours=6))


def weighs_all(shares_BCM, names):
    """Whatever the blend would learn from so few."""
    return {name: 0.6 if name == JOINED else 0.4 / (len(names) - 1) for name in names}


@pytest.fixture
def joined(one_thread, tmp_path, monkeypatch):
    """An artifact with the model in it."""
    monkeypatch.setattr(fitting, "BLENDED", (*BLENDED, JOINED))
    monkeypatch.setattr(fitting, "PLAIN", (*fitting.PLAIN, JOINED))
    monkeypatch.setattr(fitting, "settle_weights", weighs_all)
    monkeypatch.setattr("recommender.serving.reading.FURTHER", (JOINED,))
    quick = replace(PRESETS["fast"], encoder=EncoderConfig(epochs=0))
    return train_garden(tmp_path, WithAnother(**{part.name: getattr(quick, part.name) for part in fields(quick)}))


def test_a_model_that_joins_is_fitted_weighed_written_and_asked(joined):
    manifest, model = read_manifest(joined), Recommender.load(joined)
    assert manifest["config"][JOINED]["neighbours"] == 6
    assert manifest["blend"][JOINED] == 0.6
    assert JOINED in model.further
    assert JOINED in model.candidates(views("1-2", "1-4"), k=20).sources
