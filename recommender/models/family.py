"""The registry of models: each by its name, and those that `train` fits and blends.

What training, blend, ranker and serving must know of a model, its class says (recommender.models.base.Model).
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from importlib import import_module
from typing import Any

from recommender.errors import InputError
from recommender.models.base import Model
from recommender.models.options import config_from

MODULE_OF = {
    "encoder": ("encoders.encoder", "Encoder"),
    "transitions": ("transitions", "Transitions"),
    "user_knn": ("user_knn", "UserKNN"),
    "content": ("content", "Content"),
    "popularity": ("popularity", "Popularity"),
    "factors": ("factors", "Factors"),
    "item_cosine": ("item_neighbours", "ItemCosine"),
    "item_bm25": ("item_neighbours", "ItemBM25"),
    "ease": ("ease", "Ease"),
    "als": ("matrix", "Als"),
    "bpr": ("matrix", "Bpr"),
    "cfgan": ("cfgan", "Cfgan"),
}
#: models of the blend that training fits on interactions alone, and that serving asks for candidates alone
FURTHER: tuple[str, ...] = ()
#: what `train` fits and blends, in the order of their weights; each has its options in TrainingConfig by its name
BLENDED = ("encoder", "transitions", "user_knn", "content", "popularity", *FURTHER)


def class_of(name: str) -> type[Model]:
    """The class of a model. Raises InputError for an unknown name."""
    if name not in MODULE_OF:
        raise InputError(f"“{name}” is no model; there are {', '.join(sorted(MODULE_OF))}")
    module, kind = MODULE_OF[name]
    found: type[Model] = getattr(import_module(f"recommender.models.{module}"), kind)
    return found


def member(name: str, options: Mapping[str, Any], *, seed: int) -> Model:
    """An unfitted model by its name. Raises InputError for an unknown name or option."""
    cls = class_of(name)
    config = config_from(cls.config_class, {**asdict(cls.config_class()), **options})
    if any(option.name == "seed" for option in fields(config)):
        config = replace(config, seed=seed)
    return cls(config)
