"""One registry of models: whoever adds one is told here what was forgotten."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.models.base import RENAMED
from recommender.models.family import BLENDED, FURTHER, MODULE_OF, class_of, member
from recommender.models.user_knn import UserKNN, UserKNNConfig
from recommender.tensors import mapped_file, save_tensors
from recommender.training.presets import PRESETS, TrainingConfig
from tests.recommender.models.family import FAMILY, INVALID


@pytest.mark.parametrize("name", MODULE_OF)
def test_a_model_is_found_by_the_name_that_its_class_bears(name):
    assert class_of(name).name == name
    assert member(name, {}, seed=1).config == member(name, {}, seed=1).config


def test_every_model_passes_the_behavioural_suite():
    missing = [name for name in MODULE_OF if class_of(name) not in FAMILY]
    assert missing == [], f"tests/recommender/models/family.py has no quick options for {missing}"


def test_every_model_names_values_that_its_options_refuse():
    configs = [class_of(name).config_class.__name__ for name in MODULE_OF]
    missing = [config for config in configs if not INVALID.get(config)]
    assert missing == [], f"INVALID in tests/recommender/models/family.py has no bad value of {missing}"


def test_every_blended_model_has_its_options_in_the_training_config():
    parts = {part.name: part.default_factory for part in fields(TrainingConfig)}
    missing = [name for name in BLENDED if name not in parts]
    assert missing == [], f"TrainingConfig in recommender/training/presets.py has no options for {missing}"
    assert [name for name in BLENDED if parts[name] is not class_of(name).config_class] == []


def test_every_model_has_its_page():
    folder = Path(__file__).parents[3] / "docs" / "models"
    pages = {name: folder / f"{module.split('.')[0]}.md" for name, (module, _) in MODULE_OF.items()}
    missing = [str(page.relative_to(folder.parents[1])) for page in pages.values() if not page.exists()]
    assert missing == [], f"{missing} are to be written"
    assert [name for name, page in pages.items() if f"`{name}`" not in page.read_text("utf-8")] == []
    listed = (folder.parent / "models.md").read_text("utf-8")
    unlisted = [name for name in MODULE_OF if f"`{name}`" not in listed]
    assert unlisted == [], f"docs/models.md does not list {unlisted}"


def test_an_unknown_model_is_refused_with_those_that_there_are():
    with pytest.raises(InputError, match=r"neighbors” is no model.*user_knn"):
        class_of("neighbors")


def test_options_and_files_of_before_the_renaming_are_read(dataset, tmp_path):
    assert PRESETS["fast"].overridden({"neighbours": {"visitors": 7}}).user_knn.visitors == 7
    fitted = UserKNN(UserKNNConfig(dimensions=4)).fit(dataset)
    fitted.save(tmp_path / "now.safetensors")
    arrays, metadata = mapped_file(tmp_path / "now.safetensors")
    copied = {name: np.array(array) for name, array in arrays.items()}
    save_tensors(copied, tmp_path / "then.safetensors", {**metadata, "model": "neighbours"})
    read = UserKNN.load(tmp_path / "then.safetensors")
    np.testing.assert_array_equal(read.scores(dataset.histories), fitted.scores(dataset.histories))


def test_former_names_lead_to_models_that_there_are():
    assert set(RENAMED.values()) <= set(MODULE_OF) and not set(RENAMED) & set(MODULE_OF)
    assert set(FURTHER) <= set(MODULE_OF)
