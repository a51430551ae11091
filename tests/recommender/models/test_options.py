"""Configs go to JSON and back; an option that does not fit is refused by its name."""

import json
from dataclasses import asdict, fields

import pytest

from recommender.errors import InputError
from recommender.models.options import config_from
from recommender.training.presets import PRESETS
from tests.recommender.models.family import FAMILY

CONFIGS = list(FAMILY.values())
OPTIONS = [(type(config), field.name) for config in CONFIGS for field in fields(config)]
by_name = {"ids": lambda value: getattr(value, "__name__", str(value))}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_a_config_survives_json(config):
    assert config_from(type(config), json.loads(json.dumps(asdict(config)))) == config


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_an_unknown_option_is_named_with_those_there_are(config):
    with pytest.raises(InputError, match=f"no option “colour”; it has .*{fields(config)[0].name}"):
        config_from(type(config), {"colour": 1})


@pytest.mark.parametrize(("config_class", "name"), OPTIONS, **by_name)
def test_a_value_of_another_type_is_refused_by_name(config_class, name):
    for value in ("3", None, True, float("nan"), float("inf"), {}, [[1]]):
        if isinstance(value, bool | str) and type(value) is type(getattr(config_class(), name)):
            continue
        with pytest.raises(InputError, match=f"“{name}” must be a"):
            config_from(config_class, {name: value})


INVALID = {
    "PopularityConfig": [("half_life_days", 0), ("half_life_days", -1), ("smoothing", -0.1)],
    "TransitionsConfig": [
        ("gap_ends", [1, 2]),
        ("gap_ends", [1, 2, 2, 5, 8, 20]),
        ("gap_ends", [0, 2, 3, 5, 8, 20]),
        ("forward", [1, 1, 1, 1, 1, -1]),
        ("backward", []),
        ("row_offset", 0),
        ("column_offset", -1),
        ("history_decay", 0),
        ("history_decay", 1.01),
        ("history_length", 0),
        ("neighbours", 0),
    ],
    "UserKNNConfig": [
        ("threshold", 1),
        ("threshold", -1.5),
        ("neighbours", 0),
        ("dimensions", 0),
        ("visitors", 0),
        ("interactions", -1),
        ("seed", -1),
    ],
    "FactorsConfig": [("dimensions", 0), ("seed", 2**32)],
    "ItemCosineConfig": [("neighbours", 0), ("shrink", -1)],
    "ItemBM25Config": [("neighbours", 0), ("k1", 0), ("b", 1.1), ("b", -0.1)],
    "EaseConfig": [("regularisation", 0), ("neighbours", 0), ("memory_gib", 0)],
    "AlsConfig": [
        ("dimensions", 0),
        ("regularisation", 0),
        ("confidence", 0),
        ("iterations", 0),
        ("threads", 0),
        ("seed", -1),
    ],
    "BprConfig": [
        ("dimensions", 0),
        ("learning_rate", 0),
        ("regularisation", -1),
        ("iterations", 0),
        ("seed", -1),
    ],
    "CfganConfig": [
        ("hidden", 0),
        ("judge_hidden", 0),
        ("dropout", 1),
        ("dropout", -0.1),
        ("others", 0),
        ("adversarial_weight", -1),
        ("reconstruction_weight", -1),
        ("epochs", 0),
        ("patience", 0),
        ("learning_rate", 0),
        ("weight_decay", -1),
        ("clip", 0),
        ("batch_visitors", 0),
        ("seed", -1),
    ],
    "ContentConfig": [
        ("dimensions", 0),
        ("vocabulary", 0),
        ("least_items", 0),
        ("description_weight", -1),
        ("neighbours", 0),
        ("pairs_per_item", 0),
        ("history_length", 0),
        ("history_decay", 0),
        ("history_decay", 1.1),
        ("seed", -1),
    ],
    "EncoderConfig": [
        ("kind", "perceptron"),
        ("precision", "float8"),
        ("layers", 0),
        ("dimensions", 0),
        ("hidden", 0),
        ("history_length", 0),
        ("negatives", -1),
        ("windows", 0),
        ("dropout", 1),
        ("dropout", -0.1),
        ("epochs", -1),
        ("patience", 0),
        ("learning_rate", 0),
        ("weight_decay", -1),
        ("batch_windows", 0),
        ("batch_tokens", 0),
        ("seed", -1),
    ],
}


@pytest.mark.parametrize(
    ("config_class", "name", "value"),
    [(type(config), *case) for config in CONFIGS for case in INVALID[type(config).__name__]],
    **by_name,
)
def test_a_value_out_of_range_is_refused_by_name(config_class, name, value):
    with pytest.raises(InputError, match=name):
        config_from(config_class, {name: value})


def test_overrides_change_only_what_they_name():
    config = PRESETS["fast"].overridden({"encoder": {"epochs": 1}, "transitions": {"forward": [1, 1, 1, 1, 1, 1]}})
    assert config.encoder.epochs == 1 and config.encoder.hidden == PRESETS["fast"].encoder.hidden
    assert config.transitions.forward == (1,) * 6 and config.popularity == PRESETS["fast"].popularity


@pytest.mark.parametrize("values", [{"blend": {}}, {"encoder": 3}, {"encoder": {"epoch": 3}}, {"encoder": [1]}])
def test_overrides_that_name_nothing_known_are_refused(values):
    with pytest.raises(InputError, match=r"blend|encoder|epoch"):
        PRESETS["fast"].overridden(values)


def test_one_seed_reaches_every_model_that_draws():
    config = PRESETS["fast"].seeded(41)
    assert (config.encoder.seed, config.user_knn.seed, config.content.seed) == (41, 41, 41)
