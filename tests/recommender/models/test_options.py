"""Configs go to JSON and back; an option that does not fit is refused by its name."""

import json
from dataclasses import asdict, fields

import pytest

from recommender.errors import InputError
from recommender.models.options import config_from
from recommender.training.presets import PRESETS
from tests.recommender.models.family import FAMILY, INVALID

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


@pytest.mark.parametrize(
    ("config_class", "name", "value"),
    [(type(config), *case) for config in CONFIGS for case in INVALID.get(type(config).__name__, ())],
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
